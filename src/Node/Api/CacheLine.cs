using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using Screening.Actors.Fleet;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Api;

/// <summary>
/// One line of the whitelist, the same over HTTP, in <c>list --json</c>, export and import. A node writes all members; a line that is
/// imported may be written by hand, so any may be missing (<see cref="TryParse"/> says which are needed).
/// </summary>
/// <param name="Address">The network, without its length if it is one address.</param>
/// <param name="Kind"><c>pass</c>, <c>grant</c> or <c>ban</c>.</param>
/// <param name="Times">When postscreen's five tests expire, seconds since 1970; 0: not passed.</param>
/// <param name="By">The node or the operator that made it.</param>
/// <param name="Allow">Only of a pass, as are <paramref name="Score"/> and <paramref name="Policy"/>.</param>
/// <param name="Policy">The fingerprint of the profile that gave the pass; empty: there are times only.</param>
/// <param name="Durable">Only in the response to a change: it was journaled before.</param>
/// <param name="Also">Only in the response to <c>show</c>: what else is known, in the order in which it decides.</param>
internal sealed record CacheLine(
    string? Address = null,
    string? Profile = null,
    string? Kind = null,
    [property: JsonConverter(typeof(ExactTime))] DateTimeOffset? Expires = null,
    [property: JsonConverter(typeof(TestTimes))] PostscreenTimes? Times = null,
    string? By = null,
    [property: JsonConverter(typeof(ExactTime))] DateTimeOffset? Made = null,
    string? Reason = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Allow = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Score = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Policy = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Durable = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<CacheLine>? Also = null)
{
    /// <summary>The longest reason of a grant or a ban.</summary>
    public const int MaxReasonLength = 200;

    /// <summary>The longest line that is read: several times what a node writes.</summary>
    public const int MaxLineLength = 4096;

    private const string DefaultProfile = Actors.Profiles.Profile.DefaultName;
    private const int MaxProfileLength = 100;

    /// <summary>A line of the whitelist as it is shown.</summary>
    public static CacheLine Of(WhitelistLine line)
    {
        var shown = new CacheLine(
            TextOf(line.Network), line.Profile, line.Kind.Word(), line.Expires, line.Times, line.By, line.Made, line.Reason);
        return line.Kind == WhitelistLineKind.Pass
            ? shown with { Allow = line.Allow, Score = line.Score, Policy = line.Fingerprint }
            : shown;
    }

    /// <summary>A network as people write it: without the length if it is one address.</summary>
    public static string TextOf(Network network) => network.IsSingle ? network.Address.ToString() : network.ToString();

    /// <summary>
    /// Reads a line of an export. Address, kind and expiry are required. Without <c>by</c> the importer is the author, and without
    /// <c>made</c> the line is made now. Members of other names are skipped.
    /// </summary>
    /// <param name="fault">The first thing that is wrong with the line; empty: nothing.</param>
    public static bool TryParse(string text, string importer, DateTimeOffset now, out WhitelistLine line, out string fault)
    {
        line = null!;
        if (text.Length > MaxLineLength)
            fault = string.Create(CultureInfo.InvariantCulture, $"longer than {MaxLineLength} characters");
        else if (ApiText.TryParse(text, ApiJson.Default.CacheLine, out var read, out fault))
            fault = read.FaultOf(importer, now, out line);
        return fault.Length == 0;
    }

    private string FaultOf(string importer, DateTimeOffset now, out WhitelistLine line)
    {
        line = null!;
        if (Address is null)
            return "address is missing";
        if (!Network.TryParse(Address, out var network, out var error))
            return $"address: {PeerText.Clean(error, 200)}";
        if (!ApiText.TryParseWord<WhitelistLineKind>("kind", Kind, WhitelistLineKindWords.Word, out var kind, out var fault))
            return fault;
        if (Expires is not { } expires)
            return "expires is missing";
        var profile = PeerText.Clean(Profile ?? DefaultProfile, MaxProfileLength);
        if (kind == WhitelistLineKind.Pass && !network.IsSingle)
            return "address: a pass is of one address, not of a network";
        if (kind != WhitelistLineKind.Pass && profile != DefaultProfile)
            return "profile: a grant or a ban holds in all profiles; it must be default";
        if (profile.Length == 0 || profile.Contains(' ', StringComparison.Ordinal))
            return "profile is not the name of a profile";
        var by = PeerText.Clean(By ?? "") is { Length: > 0 } author ? author : importer;
        var (made, reason) = (Made ?? now, PeerText.Clean(Reason ?? "", MaxReasonLength));
        line = kind == WhitelistLineKind.Pass
            ? new WhitelistLine(
                network, profile, kind, expires, Times ?? default, by, made, reason, Allow ?? false, Score ?? 0,
                PeerText.Clean(Policy ?? ""))
            : new WhitelistLine(network, profile, kind, expires, default, by, made, reason);
        return "";
    }
}
