using System.Globalization;
using Screening.Node.Commands.Display;
using Screening.Protocol.Vocabulary;
using Spectre.Console;

namespace Screening.Node.Commands.Demo;

/// <summary>What the demonstration shows: a line for each verdict, and between them what happens.</summary>
internal sealed class DemoScreen(Screen screen)
{
    private const int ClientWidth = 17;

    /// <summary>A heading.</summary>
    public Task TitleAsync(string text) => screen.WriteAsync(new Paragraph().Append("\n").Append(text, Palette.Strong));

    /// <summary>The names of the columns.</summary>
    public Task ColumnsAsync() => screen.WriteAsync(new Text(
        $"  {"client".PadRight(ClientWidth)}{"action",-9}{"score",5}{"ms",9}  why", Palette.Faint));

    /// <summary>Plain words; each line as it is.</summary>
    public Task SayAsync(params IEnumerable<string> lines) => screen.WriteAsync(new Text(string.Join('\n', lines)));

    /// <summary>A command, as an operator gives it.</summary>
    public Task CommandAsync(string command) => screen.WriteAsync(new Text($"  $ {command}", Palette.Strong));

    /// <summary>What <c>status</c> says now.</summary>
    public Task StatusAsync(IReadOnlyList<string> degraded) => degraded.Count == 0
        ? screen.WriteAsync(new Paragraph().Append("  status: ").Append("all well", Palette.Good))
        : screen.WriteAsync(new Paragraph().Append("  status: ").Append("degraded: ", Palette.Bad).Append(Cut(string.Join("; ", degraded), 20)));

    /// <summary>A verdict.</summary>
    public async Task VerdictAsync(DemoVerdict verdict)
    {
        var decision = verdict.Decision;
        var action = decision.Verdict.Allow ? "allow" : decision.Verdict.Action.Word();
        var numbers = string.Create(CultureInfo.InvariantCulture, $"{decision.Verdict.Score,5:+0;-0;0}{decision.Elapsed.TotalMilliseconds,9:0.0}  ");
        var client = "  " + decision.Query.Client.ToString().PadRight(ClientWidth);
        await screen.WriteAsync(new Paragraph()
            .Append(client)
            .Append(action.PadRight(9), Palette.OfAction(action))
            .Append(numbers)
            .Append(Cut(PeerText.Clean(decision.Reason), client.Length + 9 + numbers.Length))).ConfigureAwait(false);
        if (verdict.Reply is { } reply && reply != "DUNNO")
            await screen.WriteAsync(new Text(Cut($"  {"",ClientWidth}{reply}", 0), Palette.Faint)).ConfigureAwait(false);
    }

    private string Cut(string text, int indent) =>
        text.Length + indent <= screen.Width ? text : text[..Math.Max(0, screen.Width - indent - 3)] + "...";
}
