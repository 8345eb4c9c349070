using System.Globalization;
using System.Text;
using Screening.Node.Telemetry;

namespace Screening.Node.Commands.Manual;

/// <summary>A manual page in the making, in the macros of man(7). Texts are plain: what roff would read as its own is escaped.</summary>
internal sealed class ManualText
{
    private readonly StringBuilder _text = new();

    /// <param name="title">Name of the page, without its section.</param>
    /// <param name="section">Section of the manual.</param>
    /// <param name="purpose">What apropos(1) finds.</param>
    public ManualText(string title, int section, string purpose)
    {
        _text.Append(CultureInfo.InvariantCulture, $".TH {title.ToUpperInvariant()} {section} \"\" \"Screening {NodeStatus.Version}\"\n");
        _text.Append(".nh\n.ad l\n");
        Section("NAME");
        _text.Append(CultureInfo.InvariantCulture, $"{Escaped(title)} \\- {Escaped(purpose)}\n");
    }

    public void Section(string name) => _text.Append(CultureInfo.InvariantCulture, $".SH {name}\n");

    public void Part(string name) => _text.Append(CultureInfo.InvariantCulture, $".SS {Escaped(name)}\n");

    public void Paragraph(string text) => _text.Append(CultureInfo.InvariantCulture, $".PP\n{Escaped(text)}\n");

    /// <summary>A word in bold with what stands behind it, and its meaning, indented.</summary>
    public void Item(string word, string behind, params IEnumerable<string> meaning)
    {
        var argument = behind.Length == 0 ? "" : $" \\fI{Escaped(behind)}\\fR";
        _text.Append(CultureInfo.InvariantCulture, $".TP\n\\fB{Escaped(word)}\\fR{argument}\n");
        _text.AppendJoin("\n.br\n", meaning.Select(Escaped)).Append('\n');
    }

    /// <summary>Lines that are shown as they are.</summary>
    public void Lines(params IEnumerable<string> lines) =>
        _text.Append(".PP\n.RS 4\n.nf\n").AppendJoin('\n', lines.Select(Escaped)).Append("\n.fi\n.RE\n");

    public void SeeAlso(string text)
    {
        Section("SEE ALSO");
        _text.Append(CultureInfo.InvariantCulture, $"{Escaped(text)}\n");
    }

    public override string ToString() => _text.ToString();

    // groff_char(7): these letters are typographic ones unless they are escaped. A point or quote in front would be a request.
    private static string Escaped(string text)
    {
        var escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal)
            .Replace("'", "\\(aq", StringComparison.Ordinal).Replace("`", "\\(ga", StringComparison.Ordinal)
            .Replace("^", "\\(ha", StringComparison.Ordinal).Replace("~", "\\(ti", StringComparison.Ordinal);
        return escaped.StartsWith('.') ? "\\&" + escaped : escaped;
    }
}
