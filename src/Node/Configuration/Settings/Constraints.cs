using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Screening.Actors.Cluster;
using Screening.Node.Platform;
using Screening.Node.Telemetry;

namespace Screening.Node.Configuration;

/// <summary>What a single value must be, apart from its type. On a list it is asked of each item.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal abstract class ConstraintAttribute(string range) : Attribute
{
    /// <summary>The values that are taken, in Markdown, for the pages and the schema.</summary>
    public virtual string Range => range;

    /// <summary>Null if the value is one of them, else what it must be: "it must be ...".</summary>
    public abstract string? Broken(object value);

    /// <summary>Adds what JSON schema can express of it.</summary>
    public virtual void Describe(JsonObject schema)
    {
    }
}

/// <summary>A number, a duration or a size in a range, both ends included.</summary>
/// <param name="least">A whole number, or a duration or a size as a text.</param>
/// <param name="most">The same; null: no end.</param>
internal sealed class BetweenAttribute(object least, object? most = null)
    : ConstraintAttribute(most is null ? $"{least} and more" : least is int ? $"{least}..{most}" : $"`{least}`..`{most}`")
{
    /// <summary>0 is taken too and turns the thing off.</summary>
    public bool ZeroIsOff { get; init; }

    public override string Range => base.Range + (ZeroIsOff ? ", or 0 for off" : "");

    public override string? Broken(object value)
    {
        var number = (IComparable)value;
        if (number.CompareTo(Bound(least, value)) >= 0 && (most is null || number.CompareTo(Bound(most, value)) <= 0))
            return null;
        return ZeroIsOff && number is TimeSpan { Ticks: 0 } or 0 ? null
            : most is null ? $"it must be at least {least}"
            : $"it must be {least} to {most}" + (ZeroIsOff ? ", or 0 to turn it off" : "");
    }

    public override void Describe(JsonObject schema)
    {
        if (least is int from)
            schema["minimum"] = ZeroIsOff ? 0 : from;
        if (most is int to)
            schema["maximum"] = to;
    }

    private static object Bound(object bound, object value) => (bound, value) switch
    {
        (string text, TimeSpan) when Duration.TryParse(text, out var duration) => duration,
        (string text, ByteSize) when ByteSize.TryParse(text, out var size) => size,
        _ => bound,
    };
}

/// <summary>One of some words of a larger set.</summary>
internal sealed class OneOfAttribute(params string[] words) : ConstraintAttribute(string.Join(", ", words.Select(word => $"`{word}`")))
{
    public override string? Broken(object value)
    {
        var given = value as string ?? Wording.Word((Enum)value);
        return words.Contains(given) ? null : Wording.OneOf(words, given);
    }

    public override void Describe(JsonObject schema) => schema["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word)]);
}

/// <summary>A text that a pattern matches as a whole.</summary>
/// <param name="pattern">A regular expression that JSON schema knows as well: no inline options.</param>
/// <param name="rule">The same in words, after "it must be".</param>
internal sealed class ShapedAttribute(string pattern, string rule) : ConstraintAttribute(rule)
{
    public int MaxLength { get; init; } = int.MaxValue;

    // Made when a value is given: regular expressions are the slowest part of a start.
    public override string? Broken(object value) =>
        value is string text && text.Length <= MaxLength && Regex.IsMatch(text, $"^(?:{pattern})\\z", RegexOptions.CultureInvariant)
            ? null
            : "it must be " + base.Range;

    public override void Describe(JsonObject schema) => schema["pattern"] = $"^({pattern})$";
}

/// <summary>
/// An action of access(5) on one line, but not one that permits: a policy service that answers <c>OK</c> lets the client relay.
/// </summary>
internal sealed class AccessActionAttribute()
    : ConstraintAttribute("one line, 1 to 512 characters; an action of access(5) that does not permit: `4NN`, `5NN`, `REJECT`,"
        + " `DEFER_IF_PERMIT`, ...")
{
    private const string Line = "^[^\\x00-\\x1f\\x7f]{1,512}\\z";

    private const string Refusal =
        "^([45][0-9][0-9] .*[^ ].*|(reject|defer|defer_if_permit|defer_if_reject|discard|hold|dunno|warn|info)( .*)?"
            + "|(prepend|filter|redirect|bcc) .*[^ ].*)\\z";

    public override string? Broken(object value) =>
        !Regex.IsMatch((string)value, Line) ? "it must be one line of 1 to 512 characters"
        : Regex.IsMatch((string)value, Refusal, RegexOptions.CultureInvariant | RegexOptions.IgnoreCase) ? null
        : "it must be an action of access(5) that does not permit, such as 550 and a text, 450 and a text, REJECT or DEFER_IF_PERMIT";
}

/// <summary>An endpoint of certain schemes.</summary>
internal sealed class SchemesAttribute(EndpointScheme first, EndpointScheme second)
    : ConstraintAttribute($"{Wording.Word(first)}, {Wording.Word(second)}")
{
    public override string? Broken(object value) =>
        ((EndpointAddress)value).Scheme == first || ((EndpointAddress)value).Scheme == second
            ? null
            : $"it must be {Wording.Word(first)}:// or {Wording.Word(second)}://";

    public override void Describe(JsonObject schema) => schema["pattern"] = $"^({Wording.Word(first)}|{Wording.Word(second)})://";
}

/// <summary>An address that others connect to: port 0 means nothing to them.</summary>
internal sealed class ReachableAttribute() : ConstraintAttribute("")
{
    public override string? Broken(object value) =>
        value is HostPort { Port: 0 } or EndpointAddress { IsUnix: false, Port: 0 } ? "its port must be 1 to 65535"
        : value is EndpointAddress { Allow: not null } ? "?allow= is for addresses that the node listens on"
        : value is EndpointAddress { IsInDataDir: true } ? "it must name an absolute path: unix:///PATH"
        : null;
}

/// <summary>A URL of HTTP.</summary>
internal sealed class HttpUrlAttribute() : ConstraintAttribute("http, https")
{
    /// <summary>The setting may be empty, which is not a value.</summary>
    public bool OrEmpty { get; init; }

    public override string? Broken(object value) =>
        Uri.TryCreate(((UrlText)value).Reveal(), UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Host.Length > 0
            ? null
            : "it must be http:// or https:// and a host";

    public override void Describe(JsonObject schema) =>
        schema["pattern"] = (OrEmpty ? "^$|" : "") + "^[Hh][Tt][Tt][Pp][Ss]?://";
}

/// <summary>A file of headers that must be there and be readable now. An empty path means none.</summary>
internal sealed class HeaderFileAttribute() : ConstraintAttribute("a readable file")
{
    public override string? Broken(object value) =>
        (string)value is { Length: > 0 } path && !HeaderLines.TryRead(path, out _, out var problem) ? problem : null;
}

/// <summary>A file that must be there and be readable now. An empty path means none.</summary>
internal sealed class ReadableFileAttribute() : ConstraintAttribute("a readable file")
{
    public override string? Broken(object value)
    {
        var path = value is AccessEntry entry ? entry.File : (string)value;
        return string.IsNullOrEmpty(path) ? null : TextFile.ProblemOf(path);
    }
}

/// <summary>DNSBL sites in the syntax of postscreen_dnsbl_sites.</summary>
internal sealed class SitesAttribute()
    : ConstraintAttribute("`domain=filter*weight`, separated by commas or space; sets inside a filter by `;`")
{
    public override string? Broken(object value)
    {
        var problems = string.Join("; ", SiteText.Check(((ZoneText)value).Reveal()));
        return problems.Length == 0 ? null : Wording.Escaped(ZoneText.Hide(problems));
    }
}

/// <summary>A name that the certificate of another node may bear.</summary>
internal sealed class PeerNameAttribute() : ConstraintAttribute("IP addresses, host names, `*.DOMAIN`")
{
    public override string? Broken(object value) =>
        PeerNames.IsValid((string)value) ? null : "it must be an IP address, a host name, or *. and a domain, without a port";
}
