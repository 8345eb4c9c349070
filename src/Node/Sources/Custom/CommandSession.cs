using System.ComponentModel;
using System.Diagnostics;

namespace Screening.Node.Sources.Custom;

/// <summary>A running program that speaks the plug-in protocol on its stdin and stdout; what it writes to stderr is logged.</summary>
internal sealed class CommandSession : ISourceSession
{
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly Stream _input;
    private readonly TimeProvider _time;
    private readonly Task _errors;
    private readonly CancellationTokenSource _leaving = new();
    private readonly Lock _gate = new();
    private Task? _disposing;

    /// <exception cref="Win32Exception">The program cannot be started.</exception>
    public CommandSession(string name, IReadOnlyList<string> command, TimeProvider time, Action answered, StderrLog errors)
    {
        _time = time;
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var variable in start.Environment.Keys.Where(IsOurs).ToList())
            start.Environment.Remove(variable);
        _process = Process.Start(start)!;
        _input = _process.StandardInput.BaseStream;
        Plugin = new PluginClient(name, _process.StandardOutput.BaseStream, _input, time, answered);
        _errors = errors.ReadAllAsync(_process.StandardError.BaseStream, _leaving.Token);
    }

    public PluginClient Plugin { get; }

    /// <summary>Ends when the program closes its stdout, as it does when it exits, or breaks the protocol.</summary>
    public Task<SessionEnd> Ended => Plugin.Ended;

    public bool HasAnswered => Plugin.HasAnswered;

    /// <summary>Closes its stdin, waits a second for it to exit, and kills it.</summary>
    public async ValueTask DisposeAsync()
    {
        Task disposing;
        lock (_gate)
            disposing = _disposing ??= LeaveAsync();
        await disposing.ConfigureAwait(false);
    }

    // The node's settings, a database's password perhaps among them, and what lets it speak for the service (sd_notify(3)).
    private static bool IsOurs(string variable) =>
        variable.StartsWith("SCREENING__", StringComparison.OrdinalIgnoreCase)
        || variable is "NOTIFY_SOCKET" || variable.StartsWith("WATCHDOG_", StringComparison.Ordinal);

    private async Task LeaveAsync()
    {
        await Plugin.DisposeAsync().ConfigureAwait(false);
        try
        {
            await _input.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It does not read any more.
        }

        if (!await ExitsAsync().ConfigureAwait(false))
        {
            Kill();
            await ExitsAsync().ConfigureAwait(false);
        }

        // A grandchild that lives on may hold stderr open.
        await _leaving.CancelAsync().ConfigureAwait(false);
        await _errors.ConfigureAwait(false);
        _process.Dispose();
    }

    private void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is Win32Exception or AggregateException or InvalidOperationException)
        {
            // It has changed its user, or is just gone: nothing more can be done.
        }
    }

    private async Task<bool> ExitsAsync()
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(ExitTimeout, _time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
