using System.Collections.Immutable;
using Screening.Node.Platform;

namespace Screening.Node.Configuration;

/// <summary>
/// Loads the settings: the file, over it the environment, over it the command line. Finds all faults at once and never throws on what an
/// operator wrote. Keeps nothing: each call reads anew, so a reload is another call.
/// </summary>
internal static class ConfigurationLoader
{
    public static ConfigurationResult Load(ConfigurationRequest request)
    {
        var faults = new List<ConfigurationFault>();
        var root = new SettingTable(ConfigurationPlace.Default);
        var file = FindFile(request);
        var syntax = file is null ? [] : ReadFile(request, file, root, faults);
        OverrideSource.ApplyEnvironment(request.Environment, root, faults);
        OverrideSource.ApplySets(request.Sets, root, faults);

        var options = ScreeningOptions.Defaults(request.DataDirectory, request.HostName);
        var binder = new OptionsBinder();
        binder.Bind(root, options);
        faults.AddRange(binder.Faults.Where(fault => !IsConsequence(fault, syntax)));
        options = options.WithDataDir(request.CurrentDirectory);

        // Where a line could not be read a related value may be missing, so related values are not compared.
        var context = new ValidationContext(options, binder);
        if (syntax.IsEmpty)
            ConfigurationValidator.Check(context);
        faults.AddRange(context.Faults);
        if (faults.Count == 0)
            ConfigurationLint.Check(context, request);
        return new ConfigurationResult(
            faults.Count == 0 ? options with { Endpoints = options.Endpoints.WithoutLongPaths() } : null,
            InOrder(faults), InOrder(context.Warnings), file, binder.Origins);
    }

    private static string? FindFile(ConfigurationRequest request)
    {
        if (request.ConfigPath is { } given)
            return given;
        if (request.Environment.GetValueOrDefault(ConfigurationRequest.FileVariable) is { Length: > 0 } named)
            return named;
        string[] usual = ["screening.toml", Path.Combine(request.SystemDirectory, "screening.toml")];
        return usual.FirstOrDefault(path => File.Exists(Path.Combine(request.CurrentDirectory, path)));
    }

    // A line that could not be read, and the lines below one that derails the parser, cannot be relied on.
    private static bool IsConsequence(ConfigurationFault fault, ImmutableArray<SyntaxFault> syntax) =>
        fault.Place.Kind == PlaceKind.File
        && syntax.Any(found => fault.Place.Line == found.Place.Line || (found.Derails && fault.Place.Line > found.Place.Line));

    private static ImmutableArray<SyntaxFault> ReadFile(
        ConfigurationRequest request, string file, SettingTable root, List<ConfigurationFault> faults)
    {
        var path = Path.Combine(request.CurrentDirectory, file);
        if (!TextFile.TryRead(path, TextFile.MaxConfigurationBytes, out var text, out var problem))
        {
            faults.Add(new ConfigurationFault(new ConfigurationPlace(PlaceKind.File, file), "", problem));
            return [];
        }

        var syntax = TomlSource.Read(text, file, root);
        faults.AddRange(syntax.Select(fault => new ConfigurationFault(fault.Place, "", fault.Message)));
        return syntax;
    }

    private static List<ConfigurationFault> InOrder(IEnumerable<ConfigurationFault> faults) =>
        [.. faults.OrderBy(fault => fault.Place.Kind).ThenBy(fault => fault.Place.Line).ThenBy(fault => fault.Place.Column)];
}
