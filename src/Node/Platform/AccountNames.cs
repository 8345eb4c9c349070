using System.Globalization;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Platform;

/// <summary>
/// Names of users and groups, by passwd(5) and group(5). What only a directory service knows is shown as <c>uid N</c>, <c>gid N</c>.
/// </summary>
internal static class AccountNames
{
    /// <summary>The user of this process as install(1) takes it: the name, or the number of one that has none, as in a container.</summary>
    public static string OwnUser() => Environment.UserName is { Length: > 0 } name ? name : OwnId("/proc/self/status");

    /// <summary>The name of a user.</summary>
    public static string OfUser(uint id) => Find("/etc/passwd", id) ?? $"uid {Number(id)}";

    /// <summary>The name of a group.</summary>
    public static string OfGroup(uint id) => Find("/etc/group", id) ?? $"gid {Number(id)}";

    // proc(5): Uid: real, effective, saved, file system.
    private static string OwnId(string status) =>
        File.ReadLines(status).FirstOrDefault(line => line.StartsWith("Uid:", StringComparison.Ordinal))?.Split('\t') is [_, _, var id, ..]
            ? id
            : "0";

    // Both are lines of name:password:id:...
    private static string? Find(string file, uint id)
    {
        var number = Number(id);
        try
        {
            foreach (var line in File.ReadLines(file))
            {
                if (line.Split(':') is [var name, _, var known, ..] && known == number)
                    return PeerText.Clean(name);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The number says enough.
        }

        return null;
    }

    private static string Number(uint id) => id.ToString(CultureInfo.InvariantCulture);
}
