namespace Screening.Node.Configuration;

/// <summary>The result of loading a configuration.</summary>
/// <param name="Options">The settings; null when there are faults.</param>
/// <param name="Faults">All that is wrong, file first, by line.</param>
/// <param name="Warnings">What is probably not meant; empty when there are faults of syntax.</param>
/// <param name="File">The file that was read, as the operator named it; null when there was none and the defaults hold.</param>
/// <param name="Origins">The place of each setting that was given, by path.</param>
internal sealed record ConfigurationResult(
    ScreeningOptions? Options,
    IReadOnlyList<ConfigurationFault> Faults,
    IReadOnlyList<ConfigurationFault> Warnings,
    string? File,
    IReadOnlyDictionary<string, ConfigurationPlace> Origins);
