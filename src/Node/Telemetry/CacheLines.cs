using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Screening.Actors.Fleet;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Telemetry;

/// <summary>The JSON shape of one line of the whitelist, one and the same over HTTP, in <c>list --json</c>, export and import.</summary>
internal static class CacheLines
{
    /// <summary>The longest reason of a grant or a ban.</summary>
    public const int MaxReasonLength = 200;

    /// <summary>The longest line that is read: several times what a line of ours can be.</summary>
    public const int MaxLineLength = 4096;

    private const string DefaultProfile = "default";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK";

    // 9999-12-31: no later time can be shown.
    private static readonly long LastSecond = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    public static string Word(WhitelistLineKind kind) => kind switch
    {
        WhitelistLineKind.Grant => "grant",
        WhitelistLineKind.Ban => "ban",
        _ => "pass",
    };

    /// <summary>A network as people write it: without the length if it is one address.</summary>
    public static string Text(Network network) => IsSingle(network) ? network.Address.ToString() : network.ToString();

    /// <summary>True if the network is one address.</summary>
    public static bool IsSingle(Network network) => network.PrefixLength == network.Address.BitLength;

    /// <summary>Writes a line as one object.</summary>
    public static void Write(Utf8JsonWriter json, WhitelistLine line)
    {
        json.WriteStartObject();
        WriteMembers(json, line);
        json.WriteEndObject();
    }

    /// <summary>Writes a line's members into an object that is open.</summary>
    public static void WriteMembers(Utf8JsonWriter json, WhitelistLine line)
    {
        json.WriteString("address", Text(line.Network));
        json.WriteString("profile", line.Profile);
        json.WriteString("kind", Word(line.Kind));
        json.WriteString("expires", line.Expires.UtcDateTime);
        json.WriteStartArray("times");
        foreach (var time in (ReadOnlySpan<long>)[line.Times.Pregreet, line.Times.Dnsbl, line.Times.Pipelining, line.Times.NonSmtpCommand, line.Times.BareNewline])
            json.WriteNumberValue(time);
        json.WriteEndArray();
        json.WriteString("by", line.By);
        json.WriteString("made", line.Made.UtcDateTime);
        json.WriteString("reason", line.Reason);
        if (line.Kind != WhitelistLineKind.Pass)
            return;
        json.WriteBoolean("allow", line.Allow);
        json.WriteNumber("score", line.Score);
        json.WriteString("policy", line.Policy);
    }

    /// <summary>
    /// Reads a line of an export. Address, kind and expiry are required. Without <c>by</c> the importer is the author, and without <c>made</c> the
    /// line is made now. Members of other names are skipped.
    /// </summary>
    public static bool TryRead(string text, string importer, DateTimeOffset now, out WhitelistLine line, out string fault)
    {
        line = null!;
        if (text.Length > MaxLineLength)
        {
            fault = string.Create(CultureInfo.InvariantCulture, $"longer than {MaxLineLength} characters");
            return false;
        }

        if (!JsonMembers.TryParse(text, out var members, out fault))
            return false;
        using (members)
        {
            var read = Read(members, importer, now);
            fault = members.Fault ?? "";
            line = read!;
            return fault.Length == 0;
        }
    }

    private static WhitelistLine? Read(JsonMembers members, string importer, DateTimeOffset now)
    {
        var network = members.Network("address");
        var kind = members.OneOf("kind", ("pass", WhitelistLineKind.Pass), ("grant", WhitelistLineKind.Grant), ("ban", WhitelistLineKind.Ban));
        var profile = members.Text("profile", 100) ?? DefaultProfile;
        var expires = members.Time("expires", TimeFormat);
        if (expires is null)
            members.Fail("expires is missing");
        if (kind == WhitelistLineKind.Pass && !IsSingle(network))
            members.Fail("address: a pass is of one address, not of a network");
        if (kind != WhitelistLineKind.Pass && profile != DefaultProfile)
            members.Fail("profile: a grant or a ban holds in all profiles; it must be default");
        if (profile.Length == 0 || profile.Contains(' ', StringComparison.Ordinal))
            members.Fail("profile is not the name of a profile");
        var times = ReadTimes(members.Numbers("times", 5, LastSecond));
        var by = members.Text("by", PeerText.MaxLength) is { Length: > 0 } author ? author : importer;
        var made = members.Time("made", TimeFormat) ?? now;
        var reason = members.Text("reason", MaxReasonLength) ?? "";
        var (allow, score, policy) = (members.Flag("allow"), members.Whole("score"), members.Text("policy", PeerText.MaxLength) ?? "");
        if (members.Fault is not null)
            return null;
        return kind == WhitelistLineKind.Pass
            ? new WhitelistLine(network, profile, kind, expires!.Value, times, by, made, reason, allow, score, policy)
            : new WhitelistLine(network, profile, kind, expires!.Value, default, by, made, reason);
    }

    private static PostscreenTimes ReadTimes(ImmutableArray<long> times) =>
        times.IsEmpty ? default : new PostscreenTimes(times[0], times[1], times[2], times[3], times[4]);
}
