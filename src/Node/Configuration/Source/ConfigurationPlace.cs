using System.Globalization;

namespace Screening.Node.Configuration;

/// <summary>Where a setting was given. The order is that of strength: a later one overrides an earlier one.</summary>
internal enum PlaceKind
{
    /// <summary>Nowhere: the built-in default.</summary>
    Default,

    /// <summary>A line of the configuration file.</summary>
    File,

    /// <summary>An environment variable.</summary>
    Environment,

    /// <summary>A <c>--set</c> on the command line.</summary>
    Set,
}

/// <summary>Where a setting was given.</summary>
/// <param name="Kind">Kind of place.</param>
/// <param name="Name">The file's name as the operator gave it, the variable's name, or the path after <c>--set</c>.</param>
/// <param name="Line">Line in the file, from 1; 0: the file as a whole.</param>
/// <param name="Column">Column in the line, from 1; 0: unknown.</param>
internal sealed record ConfigurationPlace(PlaceKind Kind, string Name, int Line = 0, int Column = 0)
{
    public static readonly ConfigurationPlace Default = new(PlaceKind.Default, "");

    /// <summary>The source and, in a file, the line.</summary>
    public override string ToString() => Kind switch
    {
        PlaceKind.Default => "default",
        PlaceKind.Environment => "environment " + Name,
        PlaceKind.Set => "--set " + Name,
        _ when Line == 0 => Name,
        _ => string.Create(CultureInfo.InvariantCulture, $"{Name}:{Line}"),
    };

    /// <summary>As it stands before a fault: with the column, as compilers write it.</summary>
    public string WithColumn() =>
        Kind == PlaceKind.File && Column > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Name}:{Line}:{Column}") : ToString();

    /// <summary>As it stands behind a related value, in a fault that begins with <paramref name="first"/>.</summary>
    public string RelativeTo(ConfigurationPlace first) => Kind switch
    {
        PlaceKind.Default => "the default",
        PlaceKind.File when Name == first.Name && Line > 0 => string.Create(CultureInfo.InvariantCulture, $"line {Line}"),
        _ => ToString(),
    };
}
