namespace Screening.Protocol.Dnsbl;

/// <summary>What may be a list's domain: valid_hostname(3) of Postfix (src/util/valid_hostname.c), and short enough to be asked.</summary>
public static class ZoneName
{
    /// <summary>The longest label (RFC 1035 section 2.3.4).</summary>
    public const int MaxLabelLength = 63;

    /// <summary>The longest zone to which 32 nibbles and their dots can be put in front, within the 253 characters of a name.</summary>
    public const int MaxLength = DnsblName.MaxLength - DnsblName.IPv6LabelsLength - 1;

    /// <summary>Why the text is not a zone, in words for the operator; null if it is one.</summary>
    public static string? ErrorReason(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty)
            return "the domain is empty";
        if (name.Length > MaxLength)
            return $"the domain is longer than {MaxLength} characters";
        foreach (var letter in name)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('_' or '-' or '.'))
                return $"'{letter}' cannot be in a domain";
        }

        foreach (var range in name.Split('.'))
        {
            if (LabelFault(name[range]) is { } fault)
                return fault;
        }

        return name.ContainsAnyExcept("0123456789.") ? null : "a domain of digits only";
    }

    private static string? LabelFault(ReadOnlySpan<char> label) => label switch
    {
        [] => "a dot too many in the domain",
        ['-', ..] or [.., '-'] => "a hyphen at the start or end of a label",
        _ when label.Length > MaxLabelLength => $"a label longer than {MaxLabelLength} characters",
        _ => null,
    };
}
