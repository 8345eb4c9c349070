using Spectre.Console;

namespace Screening.Node.Commands.Display;

/// <summary>What the colours mean, the same in all commands. No meaning is in colour alone: the words say it too.</summary>
internal static class Palette
{
    /// <summary>What leads or names something.</summary>
    public static readonly Style Strong = new(decoration: Decoration.Bold);

    /// <summary>What is there to be looked up, not to be read.</summary>
    public static readonly Style Faint = new(decoration: Decoration.Dim);

    /// <summary>As it should be.</summary>
    public static readonly Style Good = new(Color.Green);

    /// <summary>Worth a look.</summary>
    public static readonly Style Doubtful = new(Color.Olive);

    /// <summary>Refused, or broken.</summary>
    public static readonly Style Bad = new(Color.Maroon, decoration: Decoration.Bold);

    /// <summary>The style of an action's word.</summary>
    public static Style OfAction(string action) => action switch
    {
        "pass" or "allow" or "grant" => Good,
        "ignore" => Doubtful,
        "enforce" or "drop" or "ban" => Bad,
        _ => Style.Plain,
    };
}
