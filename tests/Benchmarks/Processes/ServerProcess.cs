using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Screening.Benchmarks.Native;
using Screening.Testing;

namespace Screening.Benchmarks.Processes;

/// <summary>A server that could not be started. The message is for the one who runs the benchmarks.</summary>
internal sealed class ServerException(string message) : Exception(message);

/// <summary>
/// A server in a process of its own that says <c>listening KIND URI</c> for each endpoint and then <c>ready</c>. Its output goes to a
/// file, so that reading it costs the load client nothing. It does not outlive this program.
/// </summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(8);

    private static readonly ConcurrentDictionary<int, bool> Alive = new();

    private readonly Process _process;
    private readonly string _log;

    static ServerProcess() => ProcessEnd.Do(() =>
    {
        foreach (var pid in Alive.Keys)
            Signals.Kill(pid);
    });

    private ServerProcess(Process process, string log)
    {
        _process = process;
        Alive[process.Id] = true;
        _log = log;
        Usage = new ProcessUsage(process.Id);
    }

    /// <summary>What it uses.</summary>
    public ProcessUsage Usage { get; }

    /// <summary>Starts a program and waits until it is ready.</summary>
    /// <param name="log">The file for its output.</param>
    public static ServerProcess Start(string log, string program, params IEnumerable<string> arguments)
    {
        // exec keeps the process id, and the shell does what the Process class can not: write output to a file.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" >\"$SERVER_LOG\" 2>&1 </dev/null", program, .. arguments]);
        start.Environment["SERVER_LOG"] = log;
        var server = new ServerProcess(Process.Start(start)!, log);
        try
        {
            server.WaitUntilReady();
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Starts a mode of this program; variables for it, as <c>NAME=value</c>, may stand before the mode.</summary>
    public static ServerProcess StartSelf(string log, params string[] arguments)
    {
        var program = Environment.ProcessPath!;
        string[] start = Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [program, Path.Combine(AppContext.BaseDirectory, "Screening.Benchmarks.dll")]
            : [program];
        var variables = arguments.TakeWhile(a => a.Contains('=', StringComparison.Ordinal)).ToArray();
        return Start(log, "env", [.. variables, .. start, .. arguments[variables.Length..]]);
    }

    /// <summary>Where an endpoint listens: the first of this kind and scheme (tcp, udp, unix).</summary>
    public EndPoint EndpointOf(string kind, string scheme)
    {
        var prefix = $"listening {kind} {scheme}://";
        var line = Lines().FirstOrDefault(l => l.StartsWith(prefix, StringComparison.Ordinal))
            ?? throw new ServerException($"no '{prefix}' in {_log}");
        var place = line[prefix.Length..].Trim();
        return scheme == "unix" ? new UnixDomainSocketEndPoint(place.Split('?')[0]) : IPEndPoint.Parse(place);
    }

    /// <summary>What it printed so far.</summary>
    public string[] Lines()
    {
        using var file = new FileStream(_log, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd().Split('\n');
    }

    /// <summary>Ends it, and waits for that; then <see cref="Lines"/> has all it said.</summary>
    public void Stop()
    {
        if (_process.HasExited)
            return;
        Signals.Terminate(_process.Id);
        if (!_process.WaitForExit(StopLimit))
            _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Stop();
        Alive.TryRemove(_process.Id, out _);
        _process.Dispose();
    }

    private void WaitUntilReady()
    {
        var watch = Stopwatch.StartNew();
        while (!Lines().Contains("ready"))
        {
            if (_process.HasExited || watch.Elapsed > StartLimit)
            {
                throw new ServerException(
                    $"{string.Join(' ', _process.StartInfo.ArgumentList.Skip(3).Take(3))} did not become ready:\n"
                        + string.Join('\n', Lines().TakeLast(20)));
            }

            Thread.Sleep(20);
        }
    }
}
