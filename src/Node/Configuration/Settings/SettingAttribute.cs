namespace Screening.Node.Configuration;

/// <summary>
/// Defines a setting, and is the only place that does: with the property's name, type and initial value and its constraints it gives the
/// key, the reading and checking of a value, <c>config show</c>, what a reload notices, the JSON schema, and the pages in <c>docs</c>.
/// </summary>
/// <param name="meaning">What the setting does, in Markdown, without a full stop at its end: a cell in docs/configuration.md.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SettingAttribute(string meaning) : Attribute
{
    public string Meaning => meaning;

    /// <summary>The key, where it is not the property's name in snake case.</summary>
    public string? Name { get; init; }

    /// <summary>What a number counts: <c>minutes</c>.</summary>
    public string Unit { get; init; } = "";

    /// <summary>What values there are, in Markdown, where neither type nor constraints say it well.</summary>
    public string Range { get; init; } = "";

    /// <summary>The default in words, where the property's initial value is not what holds.</summary>
    public string Default { get; init; } = "";

    /// <summary>The parameter of Postfix that does the same or is related, in Markdown.</summary>
    public string Postfix { get; init; } = "";

    /// <summary>A value in TOML for docs/screening.toml, where the default shows nothing.</summary>
    public string Example { get; init; } = "";

    /// <summary>A running node keeps the old value. Given on a table, it holds for all of it.</summary>
    public bool Restart { get; init; }

    /// <summary>There is no default: the setting's table must give it.</summary>
    public bool IsNeeded { get; init; }

    /// <summary>The empty text stands for null.</summary>
    public bool EmptyIsNone { get; init; }

    /// <summary>Items of the list after the first one may be secrets and print as <c>***</c>.</summary>
    public bool OnlyFirstIsShown { get; init; }
}
