using Spectre.Console;
using Spectre.Console.Rendering;

namespace Screening.Node.Commands.Display;

/// <summary>
/// Where a command writes for people. On a terminal it writes in colour, and no wider than the terminal; with <c>NO_COLOR</c>
/// (no-color.org), or on a terminal without colour, in plain text. Where there is no terminal, the text is plain and lines are as long as
/// they need to be, so that one row stays one line for grep(1) and awk(1).
/// </summary>
internal sealed class Screen
{
    private const int Unbounded = 10_000;
    private const int Narrowest = 40;
    private const int UsualWidth = 80;

    private readonly TextWriter _writer;
    private readonly bool _hasColour;

    /// <param name="width">Columns of the terminal; null: not a terminal.</param>
    public Screen(TextWriter writer, int? width, bool hasColour)
    {
        _writer = writer;
        _hasColour = hasColour;
        IsTerminal = width is not null;
        Width = Math.Max(Narrowest, width ?? Unbounded);
    }

    /// <summary>True where a person is likely to look on.</summary>
    public bool IsTerminal { get; }

    /// <summary>The longest line, in columns.</summary>
    public int Width { get; }

    /// <summary>The screen behind one of the process's own streams; for any other writer a plain one.</summary>
    public static Screen Of(TextWriter writer)
    {
        var isTerminal = (writer == Console.Out && !Console.IsOutputRedirected) || (writer == Console.Error && !Console.IsErrorRedirected);
        return new Screen(writer, isTerminal ? Columns() : null, isTerminal && HasColour());
    }

    /// <summary>Writes content and ends its line.</summary>
    public async Task WriteAsync(IRenderable content)
    {
        await _writer.WriteAsync(TextOf(content)).ConfigureAwait(false);
        await _writer.FlushAsync().ConfigureAwait(false);
    }

    /// <summary>Content as text: each line ended, none with blanks at its end.</summary>
    public string TextOf(IRenderable content)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = _hasColour ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = _hasColour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });

        // The content is made for the width already; a line that is longer on purpose is left to the terminal.
        console.Profile.Width = Unbounded;
        console.Write(content);
        return string.Concat(text.ToString().TrimEnd('\n').Split('\n').Select(line => line.TrimEnd() + "\n"));
    }

    // A terminal may not know its size.
    private static int Columns()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : UsualWidth;
        }
        catch (IOException)
        {
            return UsualWidth;
        }
    }

    private static bool HasColour() =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
}
