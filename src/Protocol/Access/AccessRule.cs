namespace Screening.Protocol.Access;

/// <summary>What a permanent list says of a client. Ordered so that of two rules for one network the greater wins.</summary>
public enum AccessRule : byte
{
    /// <summary>Nothing: also what a network inside a permitted or rejected one says to be left out of it.</summary>
    Dunno,

    /// <summary>The client is let in, and no check is asked about it.</summary>
    Permit,

    /// <summary>The client is refused, and no check is asked about it.</summary>
    Reject,
}

/// <summary>The words for rules in tables of Postfix, in JSON and in reasons.</summary>
public static class AccessRuleWords
{
    /// <summary>The rule's word.</summary>
    public static string Word(this AccessRule rule) => rule switch
    {
        AccessRule.Permit => "permit",
        AccessRule.Reject => "reject",
        _ => "dunno",
    };

    /// <summary>Reads a rule's word, in any case.</summary>
    public static bool TryParse(ReadOnlySpan<char> word, out AccessRule rule)
    {
        for (rule = AccessRule.Dunno; rule <= AccessRule.Reject; rule++)
        {
            if (word.Equals(rule.Word(), StringComparison.OrdinalIgnoreCase))
                return true;
        }

        rule = default;
        return false;
    }
}
