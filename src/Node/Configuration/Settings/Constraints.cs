using System.Globalization;
using System.Text.RegularExpressions;
using Screening.Node.Telemetry;
using Screening.Node.Platform;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>Gives a setting another name than the property's own in snake case.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SettingNameAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

/// <summary>The setting has no default: its table must give it.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NeededAttribute : Attribute;

/// <summary>The empty text stands for null.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class EmptyIsNoneAttribute : Attribute;

/// <summary>The items of the list behind the first one may be secrets and print as <c>***</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class OnlyFirstIsShownAttribute : Attribute;

/// <summary>What a single setting must be, apart from its type. On a list it is asked of each item.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal abstract class ConstraintAttribute : Attribute
{
    /// <summary>Null if the value follows the rule, else the rule: "it must be ...".</summary>
    public abstract string? Broken(object value);
}

/// <summary>A whole number in a range, both ends included.</summary>
internal sealed class BetweenAttribute(int least, int most) : ConstraintAttribute
{
    public override string? Broken(object value) => (int)value >= least && (int)value <= most ? null
        : most == int.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"it must be at least {least}")
        : string.Create(CultureInfo.InvariantCulture, $"it must be {least} to {most}");
}

/// <summary>A duration in a range, both ends included.</summary>
internal sealed class LastsAttribute(string least, string most) : ConstraintAttribute
{
    /// <summary>0 is taken too and turns the thing off.</summary>
    public bool ZeroIsOff { get; init; }

    public override string? Broken(object value)
    {
        _ = Duration.TryParse(least, out var shortest) & Duration.TryParse(most, out var longest);
        var duration = (TimeSpan)value;
        return (duration >= shortest && duration <= longest) || (ZeroIsOff && duration == TimeSpan.Zero)
            ? null
            : $"it must be {least} to {most}" + (ZeroIsOff ? ", or 0 to turn it off" : "");
    }
}

/// <summary>A size in a range, both ends included.</summary>
internal sealed class HoldsAttribute(string least, string most) : ConstraintAttribute
{
    public override string? Broken(object value)
    {
        _ = ByteSize.TryParse(least, out var smallest) & ByteSize.TryParse(most, out var largest);
        var size = (ByteSize)value;
        return size.Bytes >= smallest.Bytes && size.Bytes <= largest.Bytes ? null : $"it must be {least} to {most}";
    }
}

/// <summary>One of some words of a larger set.</summary>
internal sealed class OneOfAttribute(params string[] words) : ConstraintAttribute
{
    public override string? Broken(object value)
    {
        var given = value as string ?? SettingTypes.Word((Enum)value);
        return words.Contains(given) ? null : SettingTypes.OneOf(words, given);
    }
}

/// <summary>A text of a certain shape.</summary>
internal sealed class ShapedAttribute(string pattern, string rule) : ConstraintAttribute
{
    private readonly Regex _pattern = new($"^(?:{pattern})\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    public override string? Broken(object value) => _pattern.IsMatch((string)value) ? null : "it must be " + rule;
}

/// <summary>
/// An action of access(5) on one line, but not one that permits: a policy service that answers <c>OK</c> lets the client relay.
/// </summary>
internal sealed class AccessActionAttribute : ConstraintAttribute
{
    private static readonly Regex Line = new("^[^\\x00-\\x1f\\x7f]{1,512}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    private static readonly Regex Refusal = new(
        "^([45][0-9][0-9] .*[^ ].*|(reject|defer|defer_if_permit|defer_if_reject|discard|hold|dunno|warn|info)( .*)?|(prepend|filter|redirect|bcc) .*[^ ].*)\\z",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.IgnoreCase);

    public override string? Broken(object value) =>
        !Line.IsMatch((string)value) ? "it must be one line of 1 to 512 characters"
        : Refusal.IsMatch((string)value) ? null
        : "it must be an action of access(5) that does not permit, such as 550 and a text, 450 and a text, REJECT or DEFER_IF_PERMIT";
}

/// <summary>An endpoint of certain schemes.</summary>
internal sealed class SchemesAttribute(EndpointScheme first, EndpointScheme second) : ConstraintAttribute
{
    public override string? Broken(object value) =>
        ((EndpointAddress)value).Scheme == first || ((EndpointAddress)value).Scheme == second
            ? null
            : $"it must be {SettingTypes.Word(first)}:// or {SettingTypes.Word(second)}://";
}

/// <summary>An address that others connect to: port 0 means nothing to them.</summary>
internal sealed class ReachableAttribute : ConstraintAttribute
{
    public override string? Broken(object value) =>
        value is HostPort { Port: 0 } or EndpointAddress { IsUnix: false, Port: 0 } ? "its port must be 1 to 65535"
        : value is EndpointAddress { Allow: not null } ? "?allow= is for addresses that the node listens on"
        : value is EndpointAddress { IsInDataDir: true } ? "it must name an absolute path: unix:///PATH"
        : null;
}

/// <summary>An URL of HTTP.</summary>
internal sealed class HttpUrlAttribute : ConstraintAttribute
{
    public override string? Broken(object value) =>
        Uri.TryCreate(((UrlText)value).Reveal(), UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Host.Length > 0
            ? null
            : "it must be http:// or https:// and a host";
}

/// <summary>A domain name that leaves room for what is put before it: a reversed IPv6 address and two labels.</summary>
internal sealed class DomainNameAttribute : ConstraintAttribute
{
    private static readonly Regex Name = new(
        "^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\\z",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase);

    public override string? Broken(object value) => value.ToString()!.Length <= 110 && Name.IsMatch((string)value)
        ? null
        : "it must be a domain name of at most 110 characters, without a dot at its end";
}

/// <summary>A file that must be there and be readable now. An empty path means none.</summary>
internal sealed class ReadableFileAttribute : ConstraintAttribute
{
    public override string? Broken(object value)
    {
        var path = value is AccessEntry entry ? entry.File : (string)value;
        return string.IsNullOrEmpty(path) ? null : TextFile.ProblemOf(path);
    }
}

/// <summary>DNSBL sites in the syntax of postscreen_dnsbl_sites.</summary>
internal sealed class SitesAttribute : ConstraintAttribute
{
    public override string? Broken(object value)
    {
        var problems = string.Join("; ", SiteText.Check(((ZoneText)value).Reveal()));
        return problems.Length == 0 ? null : SettingTypes.Escaped(ZoneText.Hide(problems));
    }
}
