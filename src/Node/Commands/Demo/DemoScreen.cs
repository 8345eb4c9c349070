using System.Globalization;
using Screening.Actors.Cluster.Forming;
using Screening.Actors.Screening;
using Screening.Node.Commands.Display;
using Screening.Protocol.Vocabulary;
using Spectre.Console;

namespace Screening.Node.Commands.Demo;

/// <summary>What the demonstration shows: a line for each verdict, and between them what happens.</summary>
internal sealed class DemoScreen(Screen screen)
{
    // With these a reason has 39 of 80 columns.
    private const int ClientWidth = 16;
    private const int ActionWidth = 8;
    private const string Indent = "  ";

    /// <summary>A heading.</summary>
    public Task TitleAsync(string text) => screen.WriteAsync(new Paragraph().Append("\n").Append(text, Palette.Strong));

    /// <summary>The names of the columns.</summary>
    public Task ColumnsAsync() => screen.WriteAsync(new Text(
        $"{Indent}{"client",-ClientWidth}{"action",-ActionWidth}{"score",5}{"ms",8}  why", Palette.Faint));

    /// <summary>Plain words; each line as it is.</summary>
    public Task SayAsync(params IEnumerable<string> lines) => screen.WriteAsync(new Text(string.Join('\n', lines)));

    /// <summary>A command, as an operator gives it.</summary>
    public Task CommandAsync(string command) => screen.WriteAsync(new Text($"  $ {command}", Palette.Strong));

    /// <summary>What <c>status</c> shows now.</summary>
    public Task StatusAsync(IReadOnlyList<string> degraded) => degraded.Count == 0
        ? screen.WriteAsync(new Paragraph().Append("  status: ").Append("all well", Palette.Good))
        : screen.WriteAsync(
            new Paragraph().Append("  status: ").Append("degraded: ", Palette.Bad).Append(Cut(string.Join("; ", degraded), 20)));

    /// <summary>A verdict.</summary>
    public async Task VerdictAsync(DemoVerdict verdict)
    {
        var decision = verdict.Decision;
        var action = decision.Verdict.Allow ? "allow" : decision.Verdict.Action.Word();
        var numbers = string.Create(
            CultureInfo.InvariantCulture, $"{decision.Verdict.Score,5:+0;-0;0}{decision.Elapsed.TotalMilliseconds,8:0.0}  ");
        var client = Indent + decision.Query.Client.ToString().PadRight(ClientWidth);
        await screen.WriteAsync(new Paragraph()
            .Append(client)
            .Append(action.PadRight(ActionWidth), Palette.OfAction(action))
            .Append(numbers)
            .Append(Cut(ShownText.Clean(decision.Reason), client.Length + ActionWidth + numbers.Length))).ConfigureAwait(false);
        if (verdict.Reply is { } reply && reply != "DUNNO")
        {
            var indent = new string(' ', client.Length);
            var lines = ShownText.Wrap(ShownText.Clean(reply), screen.Width - indent.Length).Select(line => indent + line);
            await screen.WriteAsync(new Text(string.Join('\n', lines), Palette.Faint)).ConfigureAwait(false);
        }
    }

    private string Cut(string text, int indent) => ShownText.Fit(text, screen.Width - indent);
}
