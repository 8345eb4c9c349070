using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Whitelist;

/// <summary>Grants and bans for tests, and the changes that make them.</summary>
internal static class GrantLines
{
    public const long NowMs = 1_800_000_000_000;

    public static Network Net(string text) =>
        Network.TryParse(text, out var network, out var error) ? network : throw new FormatException(error);

    public static GrantOrBan Ban(string network, TimeSpan? life = null, string reason = "why") =>
        Line(network, GrantKind.Ban, life, reason);

    public static GrantOrBan Grant(string network, TimeSpan? life = null, string reason = "why") =>
        Line(network, GrantKind.Grant, life, reason);

    /// <summary>Bans of so many single addresses.</summary>
    public static IEnumerable<GrantOrBan> Bans(int count, string reason = "why") => Enumerable.Range(0, count).Select(i => new GrantOrBan(
        Network.Of(ClientAddress.FromIPv4(0x0B000000 + (uint)i)), GrantKind.Ban, NowMs + 3_600_000, NowMs, "op", reason));

    public static GrantsChange Setting(params IEnumerable<GrantOrBan> lines) => new([.. lines]);

    /// <summary>A state with these lines, as its entity would have made it.</summary>
    public static GrantsState StateOf(long life, params IEnumerable<GrantOrBan> lines) =>
        GrantsState.Empty.Apply(Setting(lines)).InLife(life);

    /// <summary>The news of a change of a state, and the state after it.</summary>
    public static (GrantsChanged News, GrantsState After) Change(GrantsState before, GrantsChange change)
    {
        var after = before.Apply(change);
        return (new GrantsChanged(before.Version, after.Version, change), after);
    }

    private static GrantOrBan Line(string network, GrantKind kind, TimeSpan? life, string reason) =>
        new(Net(network), kind, NowMs + (long)(life ?? TimeSpan.FromHours(1)).TotalMilliseconds, NowMs, "op", reason);
}
