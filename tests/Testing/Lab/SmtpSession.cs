using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Screening.Testing.Lab;

/// <summary>One mail as a client saw it go.</summary>
/// <param name="Replies">The final line of each reply, in order, starting with the greeting; postscreen's teaser is not one.</param>
/// <param name="GreetingAfter">From connect to the final greeting, or to whatever came in its place.</param>
/// <param name="Lines">All lines in both directions.</param>
public sealed record SmtpDialogue(IPAddress Client, IReadOnlyList<string> Replies, TimeSpan GreetingAfter, IReadOnlyList<string> Lines)
{
    /// <summary>The greeting and each of EHLO, MAIL, RCPT, DATA, the mail itself and QUIT were answered well.</summary>
    public bool Delivered => Replies.Count == 7 && Replies.All(reply => reply[0] is '2' or '3');

    /// <summary>From connect to the end.</summary>
    public TimeSpan Took { get; init; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"client {Client}, greeting after {GreetingAfter.TotalSeconds:0.00} s{Environment.NewLine}"
        + $"{string.Join(Environment.NewLine, Lines)}");
}

/// <summary>A well-behaved SMTP client: waits for each reply, sends one short mail, stops at the first refusal.</summary>
public static class SmtpSession
{
    private static readonly (string Command, string Wanted)[] Steps =
    [
        ("EHLO client.example.net", "2"),
        ("MAIL FROM:<sender@example.net>", "2"),
        ($"RCPT TO:<recipient@{PostfixInstance.LocalDomain}>", "2"),
        ("DATA", "3"),
        ("Subject: laboratory\r\n\r\nHello.\r\n.", "2"),
    ];

    /// <param name="inside">The client's namespace.</param>
    /// <param name="from">One of its addresses.</param>
    /// <param name="to">The mail server.</param>
    /// <param name="hops">How many routers away the client shall seem to be.</param>
    /// <param name="proxied">The client's address as a proxy would tell it (HAProxy's protocol, version 1); null: without a proxy.</param>
    public static async Task<SmtpDialogue> SendMailAsync(
        NetworkNamespace inside, IPAddress from, IPAddress to, byte hops = 0, IPAddress? proxied = null)
    {
        var clock = Stopwatch.StartNew();
        using var socket = await inside.ConnectAsync(new IPEndPoint(to, 25), from, hops);
        await using var stream = new NetworkStream(socket);
        if (proxied is not null)
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"PROXY TCP4 {proxied} {to} 4321 25\r\n"));

        using var reader = new StreamReader(stream, Encoding.ASCII);
        var lines = new List<string>();
        var replies = new List<string> { await ReadReplyAsync(reader, lines) };
        var greeted = clock.Elapsed;
        foreach (var (command, wanted) in replies[0].StartsWith('2') ? Steps : [])
        {
            replies.Add(await CommandAsync(stream, reader, command, lines));
            if (!replies[^1].StartsWith(wanted, StringComparison.Ordinal))
                break;
        }

        if (!replies[^1].StartsWith("521", StringComparison.Ordinal))
            replies.Add(await CommandAsync(stream, reader, "QUIT", lines));

        return new SmtpDialogue(proxied ?? from, replies, greeted, lines) { Took = clock.Elapsed };
    }

    private static async Task<string> CommandAsync(NetworkStream stream, StreamReader reader, string command, List<string> lines)
    {
        lines.Add($"> {command.ReplaceLineEndings(" | ")}");
        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"));
        }
        catch (IOException)
        {
            // Closed before: reading says so.
        }

        return await ReadReplyAsync(reader, lines);
    }

    /// <summary>The last line of a reply; "220-" alone is postscreen's teaser, and the rest of that reply may come seconds later.</summary>
    private static async Task<string> ReadReplyAsync(StreamReader reader, List<string> lines)
    {
        using var timeout = new CancellationTokenSource(Waiting.Limit);
        while (true)
        {
            string? line;
            try
            {
                line = await reader.ReadLineAsync(timeout.Token);
            }
            catch (IOException)
            {
                line = null;
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"no SMTP reply.{Environment.NewLine}{string.Join(Environment.NewLine, lines)}");
            }

            if (line is null)
            {
                lines.Add("(closed)");
                return "(closed)";
            }

            lines.Add($"< {line}");
            if (line.Length < 4 || line[3] == ' ')
                return line;
        }
    }
}
