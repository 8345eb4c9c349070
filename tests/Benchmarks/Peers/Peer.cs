using System.Net;
using System.Net.Sockets;
using Screening.Benchmarks.Processes;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Benchmarks.Peers;

/// <summary>
/// A program of Debian that does the same work as the node, in a process namespace of its own: most of them go into the background, and
/// all are gone when the namespace is. Needs root.
/// </summary>
internal sealed class Peer : IAsyncDisposable
{
    private readonly RunningProcess _process;
    private readonly TemporaryFolder _folder;

    private Peer(RunningProcess process, TemporaryFolder folder, IPEndPoint endPoint) =>
        (_process, _folder, EndPoint) = (process, folder, endPoint);

    public IPEndPoint EndPoint { get; }

    /// <summary>What keeps a peer from being started; null: nothing.</summary>
    public static string? Missing(string program) =>
        Requires.Find(program) is null ? $"{program} is not installed"
        : !Environment.IsPrivilegedProcess ? $"{program} is started as root only" : null;

    /// <summary>Starts it and waits until it accepts connections.</summary>
    /// <param name="files">Its files: name and content, where FOLDER and PORT stand for its own.</param>
    /// <param name="commands">What starts it, for sh(1), in its folder; with the same two words.</param>
    /// <param name="user">Who has to be able to write there.</param>
    public static async Task<Peer> StartAsync(string user, IReadOnlyDictionary<string, string> files, params string[] commands)
    {
        var folder = new TemporaryFolder();
        var endPoint = FreeEndPoint();
        string Filled(string text) => text.Replace("FOLDER", folder.Root, StringComparison.Ordinal)
            .Replace("PORT", $"{endPoint.Port}", StringComparison.Ordinal);
        foreach (var (name, content) in files)
            await File.WriteAllTextAsync(folder[name], Filled(content));
        string[] script = ["cd FOLDER", $"chown -R {user} FOLDER", .. commands, "exec sleep infinity"];
        var process = RunningProcess.Start(new LaunchPlan(
            "unshare", "--fork", "--pid", "--mount", "--mount-proc", "--kill-child=KILL", "sh", "-c", Filled(string.Join('\n', script))));
        var peer = new Peer(process, folder, endPoint);
        try
        {
            await Poll.UntilAsync(peer.Accepts, Waiting.Limit, commands[0], () => process.Transcript);
            return peer;
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }

    /// <summary>A port of 127.0.0.1 that is free for TCP and UDP. The kernel gives the same number to nobody else soon.</summary>
    public static IPEndPoint FreeEndPoint()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return (IPEndPoint)probe.LocalEndpoint;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Dispose();
    }

    private bool Accepts()
    {
        if (_process.HasExited)
            throw new ServerException(_process.Transcript);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(EndPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
