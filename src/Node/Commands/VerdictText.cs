using System.Globalization;
using System.Text.Json;
using Screening.Node.Commands.Display;
using Spectre.Console;

namespace Screening.Node.Commands;

/// <summary>A verdict for people: what and why, and with <c>--explain</c> each check on a time line.</summary>
/// <param name="width">Columns that there are.</param>
internal sealed class VerdictText(int width)
{
    private const int NumberWidth = 8;
    private const int ResultWidth = 8;
    private const int WeightWidth = 6;
    private const int LongestLine = 24;
    private const int ShortestLine = 8;
    private const int NarrowestAnswer = 24;
    private const string Indent = "  ";

    private readonly Paragraph _text = new();

    /// <summary>The verdict, without the end of its last line.</summary>
    public Paragraph Of(JsonElement verdict, bool explain)
    {
        var action = verdict.Text("action");
        var allow = verdict.GetProperty("allow").GetBoolean() ? " (allow)" : "";
        var ttl = verdict.Count("ttl") is > 0 and var seconds ? $", ttl {seconds} s" : "";
        _text.Append($"{verdict.Text("client")}: ", Palette.Strong).Append(action + allow, Palette.OfAction(action));
        Append($", score {verdict.Count("score")}{ttl}, {Milliseconds(verdict, "elapsed_ms"):0.0} ms");
        AppendWrapped(Indent, verdict.Text("reason"), Style.Plain);
        if (explain)
            Explain(verdict);
        return _text;
    }

    private void Explain(JsonElement verdict)
    {
        var complete = verdict.GetProperty("complete").GetBoolean() ? "complete" : "incomplete";
        var early = verdict.GetProperty("early").GetBoolean() ? ", early" : "";
        AppendWrapped(
            Indent, $"{verdict.Text("source")}, {complete}{early}; profile {verdict.Text("profile")}, policy {verdict.Text("policy")}", Palette.Faint);
        var checks = verdict.Items("checks").ToList();
        if (checks.Count == 0)
        {
            _text.Append($"\n\n{Indent}No check was asked.");
            return;
        }

        var layout = Layout.Of(checks, width);
        var total = Math.Max(1, Milliseconds(verdict, "elapsed_ms"));
        _text.Append($"\n\n{Heading(layout, total)}", Palette.Faint);
        foreach (var check in checks)
            Explain(check, total, layout);
    }

    private static string Heading(Layout layout, double total)
    {
        var end = string.Create(CultureInfo.InvariantCulture, $"{total:0.0} ms");
        var line = layout.LineWidth == 0 ? "" : $"  0{end.PadLeft(layout.LineWidth - 1)}{"start",NumberWidth + 1}";
        return $"{Indent}{ShownText.Pad("check", layout.NameWidth)}{line}{"took",NumberWidth}  {"result",-ResultWidth}  {"weight",WeightWidth}"
            + (layout.AnswersInline ? "  answer" : "");
    }

    private void Explain(JsonElement check, double total, Layout layout)
    {
        var (start, took) = (Milliseconds(check, "start_ms"), Milliseconds(check, "elapsed_ms"));
        var weight = check.Count("weight") ?? 0;
        var result = check.Text("result");
        _text.Append($"\n{Indent}{ShownText.Pad(check.Text("name"), layout.NameWidth)}");
        if (layout.LineWidth > 0)
            Append($"  {LineOf(start, took, total, layout.LineWidth)} {start,NumberWidth:0.0}");
        Append($"{took,NumberWidth:0.0}  ");
        _text.Append(result.PadRight(ResultWidth), result is "failed" or "timeout" ? Palette.Bad : Style.Plain);
        _text.Append(string.Create(CultureInfo.InvariantCulture, $"  {weight,WeightWidth:+0;-0;0}"), weight > 0 ? Palette.Bad : weight < 0 ? Palette.Good : Style.Plain);
        var answer = AnswerOf(check);
        if (!layout.AnswersInline)
            AppendWrapped(Indent + Indent, answer, Style.Plain);
        else
            _text.Append($"  {string.Join("\n" + new string(' ', layout.AnswerColumn), ShownText.Wrap(answer, width - layout.AnswerColumn))}");
    }

    private static string AnswerOf(JsonElement check)
    {
        var words = check.Items("answer").Select(a => ShownText.Clean(a.GetString() ?? ""));
        var answer = string.Join(check.Text("kind") == "dnsbl" ? " " : ", ", words);
        var ttl = check.Count("ttl") is { } seconds ? $" ttl {seconds}" : "";
        return (answer + ttl + (check.Text("error") is { Length: > 0 } error ? " " + error : "")).TrimStart();
    }

    private static string LineOf(double start, double took, double total, int length)
    {
        var from = Math.Clamp((int)(start / total * length), 0, length - 1);
        var to = Math.Clamp((int)Math.Ceiling((start + took) / total * length), from + 1, length);
        return new string('.', from) + new string('=', to - from) + new string('.', length - to);
    }

    private void AppendWrapped(string indent, string text, Style style)
    {
        foreach (var line in ShownText.Wrap(text, width - indent.Length))
            _text.Append($"\n{indent}{line}", style);
    }

    private void Append(FormattableString text) => _text.Append(text.ToString(CultureInfo.InvariantCulture));

    private static double Milliseconds(JsonElement element, string name) => element.GetProperty(name).GetDouble();

    /// <summary>What fits beside what.</summary>
    /// <param name="LineWidth">Length of the time line; 0: no room for one.</param>
    /// <param name="AnswersInline">Whether answers are the last column; else each is below its check.</param>
    private readonly record struct Layout(int NameWidth, int LineWidth, bool AnswersInline)
    {
        public int AnswerColumn => WidthWithout(NameWidth) + LineWidth + 2;

        public static Layout Of(List<JsonElement> checks, int width)
        {
            var name = Math.Max("check".Length, checks.Max(c => ShownText.WidthOf(c.Text("name"))));
            var longestWord = checks.SelectMany(c => AnswerOf(c).Split(' ')).Max(ShownText.WidthOf);
            var room = width - WidthWithout(name);
            var inline = room - LongestLine - 2 >= Math.Max(NarrowestAnswer, longestWord);
            var line = inline ? LongestLine : Math.Min(LongestLine, room);
            return new Layout(name, line < ShortestLine ? 0 : line, inline);
        }

        // Everything but the time line and the answer: the name, start, took, result and weight, with the blanks between them.
        private static int WidthWithout(int name) => Indent.Length + name + 2 + 1 + NumberWidth + NumberWidth + 2 + ResultWidth + 2 + WeightWidth;
    }
}
