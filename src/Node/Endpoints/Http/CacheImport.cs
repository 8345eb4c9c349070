using System.Collections.Immutable;
using System.Globalization;
using Screening.Actors.Fleet;
using Screening.Node.Api;

namespace Screening.Node.Endpoints.Http;

/// <summary>Reads exported lines: all of them, or what is wrong with each.</summary>
/// <param name="Faults">The first few faults, each with the number of its line.</param>
internal sealed record CacheImport(ImmutableArray<WhitelistLine> Lines, IReadOnlyList<string> Faults)
{
    /// <summary>The most lines that one request may hold.</summary>
    public const int MaxLines = 100_000;

    /// <summary>The most bytes that one request may hold.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private const int MaxFaults = 20;

    /// <param name="importer">The author of lines that name none.</param>
    public static async Task<CacheImport> ReadAsync(TextReader input, string importer, DateTimeOffset now, CancellationToken cancellation)
    {
        var lines = ImmutableArray.CreateBuilder<WhitelistLine>();
        var faults = new List<string>();
        for (
            var number = 1;
            faults.Count < MaxFaults && await input.ReadLineAsync(cancellation).ConfigureAwait(false) is { } text;
            number++)
        {
            if (string.IsNullOrWhiteSpace(text))
                continue;
            if (!CacheLine.TryParse(text, importer, now, out var line, out var fault))
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"line {number}: {fault}"));
            else if (lines.Count == MaxLines)
                return new CacheImport([], [string.Create(CultureInfo.InvariantCulture, $"line {number}: more than {MaxLines} lines")]);
            else
                lines.Add(line);
        }

        return new CacheImport(lines.ToImmutable(), faults);
    }
}
