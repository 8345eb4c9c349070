using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace Screening.Testing.Lab;

/// <summary>
/// The smallest thing that answers in dnsblog(8)'s place: it proves the laboratory while there is no node, and that Postfix as such
/// accepts an outsider there. One request and one reply a connection; attributes end with NUL, a list with one more.
/// </summary>
public sealed class DnsblogStandIn : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Func<string, string, (string Answers, int Ttl)> _answer;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    /// <param name="answer">Zone and client to the addresses, empty for "not listed", and the ttl.</param>
    public DnsblogStandIn(string path, Func<string, string, (string Answers, int Ttl)> answer)
    {
        _answer = answer;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
        _listener.Listen();
        _loop = RunAsync();
    }

    /// <summary>Zone and client of each question.</summary>
    public ConcurrentQueue<(string Zone, string Client)> Questions { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _loop;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                using var socket = await _listener.AcceptAsync(_stop.Token);
                await AnswerAsync(socket);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The end of the stand-in.
        }
    }

    private async Task AnswerAsync(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[1024];
        while (!text.ToString().EndsWith("\0\0", StringComparison.Ordinal))
        {
            var count = await socket.ReceiveAsync(buffer, _stop.Token);
            if (count == 0)
                return;

            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        var fields = text.ToString().Split('\0');
        var request = Enumerable.Range(0, fields.Length / 2).Where(i => fields[2 * i].Length > 0)
            .ToDictionary(i => fields[2 * i], i => fields[(2 * i) + 1]);
        Questions.Enqueue((request["rbl_domain"], request["client_address"]));
        var (answers, ttl) = _answer(request["rbl_domain"], request["client_address"]);
        // In one piece: postscreen drops an answer whose end is not there at its first read.
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"rbl_domain\0{request["rbl_domain"]}\0client_address\0{request["client_address"]}\0"
            + $"label\0{request["label"]}\0rbl_addr\0{answers}\0ttl\0{ttl}\0\0"));
    }
}
