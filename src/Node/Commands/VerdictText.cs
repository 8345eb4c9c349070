using System.Collections.Immutable;
using System.Globalization;
using Screening.Node.Api;
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
    public Paragraph Of(VerdictDocument verdict, bool explain)
    {
        var allow = verdict.Allow ? " (allow)" : "";
        var ttl = verdict.Ttl > 0 ? $", ttl {verdict.Ttl} s" : "";
        _text.Append($"{verdict.Client}: ", Palette.Strong).Append(verdict.Action + allow, Palette.OfAction(verdict.Action));
        Append($", score {verdict.Score}{ttl}, {verdict.ElapsedMs:0.0} ms");
        AppendWrapped(Indent, verdict.Reason, Style.Plain);
        if (explain)
            Explain(verdict);
        return _text;
    }

    private void Explain(VerdictDocument verdict)
    {
        var (complete, early) = (verdict.Complete ? "complete" : "incomplete", verdict.Early ? ", early" : "");
        AppendWrapped(Indent, $"{verdict.Source}, {complete}{early}; profile {verdict.Profile}, policy {verdict.Policy}", Palette.Faint);
        if (verdict.Checks.IsEmpty)
        {
            _text.Append($"\n\n{Indent}No check was asked.");
            return;
        }

        var layout = Layout.Of(verdict.Checks, width);
        var total = Math.Max(1, verdict.ElapsedMs);
        _text.Append($"\n\n{Heading(layout, total)}", Palette.Faint);
        foreach (var check in verdict.Checks)
            Explain(check, total, layout);
    }

    private static string Heading(Layout layout, double total)
    {
        var end = string.Create(CultureInfo.InvariantCulture, $"{total:0.0} ms");
        var line = layout.LineWidth == 0 ? "" : $"  0{end.PadLeft(layout.LineWidth - 1)}{"start",NumberWidth + 1}";
        var name = ShownText.Pad("check", layout.NameWidth);
        return $"{Indent}{name}{line}{"took",NumberWidth}  {"result",-ResultWidth}  {"weight",WeightWidth}"
            + (layout.AnswersInline ? "  answer" : "");
    }

    private void Explain(CheckDocument check, double total, Layout layout)
    {
        _text.Append($"\n{Indent}{ShownText.Pad(check.Name, layout.NameWidth)}");
        if (layout.LineWidth > 0)
            Append($"  {LineOf(check.StartMs, check.ElapsedMs, total, layout.LineWidth)} {check.StartMs,NumberWidth:0.0}");
        Append($"{check.ElapsedMs,NumberWidth:0.0}  ");
        _text.Append(check.Result.PadRight(ResultWidth), check.Result is "failed" or "timeout" ? Palette.Bad : Style.Plain);
        var weight = string.Create(CultureInfo.InvariantCulture, $"  {check.Weight,WeightWidth:+0;-0;0}");
        _text.Append(weight, check.Weight > 0 ? Palette.Bad : check.Weight < 0 ? Palette.Good : Style.Plain);
        var answer = AnswerOf(check);
        if (!layout.AnswersInline)
            AppendWrapped(Indent + Indent, answer, Style.Plain);
        else
            _text.Append(
                $"  {string.Join("\n" + new string(' ', layout.AnswerColumn), ShownText.Wrap(answer, width - layout.AnswerColumn))}");
    }

    private static string AnswerOf(CheckDocument check)
    {
        var answer = string.Join(check.Kind == "dnsbl" ? " " : ", ", check.Answer);
        var ttl = check.Ttl is { } seconds ? $" ttl {seconds}" : "";
        return (answer + ttl + (check.Error is { Length: > 0 } error ? " " + error : "")).TrimStart();
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

    /// <summary>What fits beside what.</summary>
    /// <param name="LineWidth">Length of the time line; 0: no room for one.</param>
    /// <param name="AnswersInline">Whether answers are the last column; else each is below its check.</param>
    private readonly record struct Layout(int NameWidth, int LineWidth, bool AnswersInline)
    {
        public int AnswerColumn => WidthWithout(NameWidth) + LineWidth + 2;

        public static Layout Of(ImmutableArray<CheckDocument> checks, int width)
        {
            var name = Math.Max("check".Length, checks.Max(c => ShownText.WidthOf(c.Name)));
            var longestWord = checks.SelectMany(c => AnswerOf(c).Split(' ')).Max(ShownText.WidthOf);
            var room = width - WidthWithout(name);
            var inline = room - LongestLine - 2 >= Math.Max(NarrowestAnswer, longestWord);
            var line = inline ? LongestLine : Math.Min(LongestLine, room);
            return new Layout(name, line < ShortestLine ? 0 : line, inline);
        }

        // Everything but the time line and the answer: the name, start, took, result and weight, with the blanks between them.
        private static int WidthWithout(int name) =>
            Indent.Length + name + 2 + 1 + NumberWidth + NumberWidth + 2 + ResultWidth + 2 + WeightWidth;
    }
}
