using System.Globalization;

namespace Screening.Node.Endpoints.Connections;

/// <summary>
/// Fits the bounds on connections into the number of files that this process may open (RLIMIT_NOFILE), each connection being one: without
/// that, connections of one door could use up the descriptors of all others.
/// </summary>
/// <param name="Files">The number of files that may be open.</param>
/// <param name="Doors">Doors that take connections.</param>
/// <param name="Wanted">Connections that each door should take (limits.connections).</param>
/// <param name="IsAsked">An operator has asked for so many; else it is the default.</param>
internal sealed record OpenFileLimit(long Files, int Doors, int Wanted, bool IsAsked)
{
    /// <summary>Descriptors for everything but the peers of doors: assemblies, logs, the store, sources, other nodes.</summary>
    public const int Reserved = 500;

    // Fewer connections than this keep a busy mail exchanger's processes from a door.
    private const int Enough = 1000;

    // proc(5): "Max open files            1024                 524288               files"; the first number is the limit in force.
    private const string Limits = "/proc/self/limits";
    private const string Line = "Max open files";

    /// <summary>Connections that each door may take: <see cref="Wanted"/>, or its share of the files; at least 1.</summary>
    public int Each => (int)Math.Clamp((Files - Math.Min(Reserved, Files / 2)) / Math.Max(1, Doors), 1, Wanted);

    /// <summary>
    /// True if an operator should know: fewer connections than were asked for, or fewer than a busy mail exchanger needs.
    /// </summary>
    public bool IsTooSmall => Each < Wanted && (IsAsked || Each < Enough);

    /// <summary>Files that it takes for each door to have <see cref="Wanted"/> connections.</summary>
    public long Needed => ((long)Wanted * Doors) + Reserved;

    /// <summary>The number of files that this process may open; <see cref="long.MaxValue"/> if the system sets or tells none.</summary>
    public static long Read()
    {
        try
        {
            return File.ReadLines(Limits).FirstOrDefault(line => line.StartsWith(Line, StringComparison.Ordinal)) is { } found
                && long.TryParse(
                    found[Line.Length..].TrimStart().Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
                ? limit
                : long.MaxValue;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return long.MaxValue;
        }
    }
}
