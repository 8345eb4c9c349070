using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Screening.Testing.Lab;

/// <summary>What p0f's API says about an address; section 4 of p0f's README.</summary>
public sealed record P0fAnswer(bool Known, string Os, string Flavor, string Link);

/// <summary>A real p0f(1) that listens on one interface and answers on a unix socket.</summary>
public sealed class P0fProcess : RunningProcess
{
    private const int AnswerBytes = 232;

    private P0fProcess(LaunchPlan plan, string socketPath)
        : base(plan) => SocketPath = socketPath;

    public string SocketPath { get; }

    public static async Task<P0fProcess> StartAsync(NetworkNamespace inside, string networkInterface, string socketPath)
    {
        Requires.Root();
        Requires.Programs("p0f", "ip", "setsid");
        File.Delete(socketPath);
        var plan = new LaunchPlan("p0f", "-i", networkInterface, "-s", socketPath) { Namespace = inside.Name };
        var p0f = new P0fProcess(plan, socketPath);
        try
        {
            await Poll.UntilAsync(p0f.AnswersAsync, Waiting.Limit, "an answer of p0f", () => p0f.Transcript);
        }
        catch
        {
            await p0f.DisposeAsync();
            throw;
        }

        return p0f;
    }

    /// <summary>Asks as a plug-in would.</summary>
    public async Task<P0fAnswer> AskAsync(IPAddress address)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), timeout.Token);
        await socket.SendAsync(Question(address), timeout.Token);
        var answer = new byte[AnswerBytes];
        for (var read = 0; read < answer.Length;)
        {
            var count = await socket.ReceiveAsync(answer.AsMemory(read), timeout.Token);
            read += count > 0 ? count : throw new EndOfStreamException("p0f closed within an answer");
        }

        return new P0fAnswer(
            BinaryPrimitives.ReadUInt32LittleEndian(answer.AsSpan(4)) == 0x10, TextAt(answer, 40), TextAt(answer, 72), TextAt(answer, 168));
    }

    private static byte[] Question(IPAddress address)
    {
        var question = new byte[21];
        BinaryPrimitives.WriteUInt32LittleEndian(question, 0x50304601);
        question[4] = (byte)(address.AddressFamily == AddressFamily.InterNetwork ? 4 : 6);
        address.TryWriteBytes(question.AsSpan(5), out _);
        return question;
    }

    private static string TextAt(byte[] answer, int offset) => Encoding.UTF8.GetString(answer, offset, 32).TrimEnd('\0');

    private async Task<bool> AnswersAsync()
    {
        if (HasExited)
            throw new InvalidOperationException($"p0f ended.{Environment.NewLine}{Transcript}");

        if (!File.Exists(SocketPath))
            return false;

        try
        {
            return !(await AskAsync(IPAddress.Parse("203.0.113.1"))).Known;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }
}
