using Screening.Actors.Profiles;
using Screening.Node.Configuration;
using Screening.Node.Platform;
using Screening.Protocol.Access;

namespace Screening.Node.Hosting;

/// <summary>Reads the permanent lists: the networks of the configuration and the files it names.</summary>
internal static class AccessFiles
{
    /// <summary>The files that the configuration names.</summary>
    public static IEnumerable<string> Paths(AccessOptions access) =>
        access.Permit.Concat(access.Reject).Where(e => e.File is not null).Select(e => e.File!);

    /// <summary>Reads everything. When there are faults, the lists must not be used.</summary>
    public static (IReadOnlyList<AccessLine> Lines, IReadOnlyList<string> Faults) Read(AccessOptions access)
    {
        var lines = new List<AccessLine>();
        var faults = new List<string>();
        foreach (var entry in access.Permit)
            Read(entry, AccessRule.Permit, "access.permit", lines, faults);
        foreach (var entry in access.Reject)
            Read(entry, AccessRule.Reject, "access.reject", lines, faults);
        return (lines, faults);
    }

    private static void Read(AccessEntry entry, AccessRule rule, string setting, List<AccessLine> lines, List<string> faults)
    {
        if (entry.Network is { } network)
        {
            lines.Add(new AccessLine(network, rule, setting));
            return;
        }

        var file = Path.GetFileName(entry.File!);
        if (!TextFile.TryRead(entry.File!, TextFile.MaxTableBytes, out var text, out var problem, anyBytes: true))
        {
            faults.Add($"{setting}: {entry.File}: {problem}");
            return;
        }

        var table = CidrTable.Parse(text, rule);
        lines.AddRange(table.Entries.Select(e => new AccessLine(e.Network, e.Rule, $"{file}:{e.Line}")));
        faults.AddRange(table.Errors.Select(e => $"{entry.File}:{e.Line}: {e.Message}"));
    }
}
