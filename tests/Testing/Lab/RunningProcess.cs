using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Screening.Testing.Lab;

/// <summary>What a finished command left behind.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Error)
{
    public override string ToString() => $"exit status {ExitCode}{Environment.NewLine}stdout: {Output}{Environment.NewLine}stderr: {Error}";
}

/// <summary>
/// A real process in a process group of its own, whose output is always drained and kept within a bound, and which is gone after
/// <see cref="DisposeAsync"/>, or when the tests' process ends: killed by its own id, with its children.
/// </summary>
public class RunningProcess : IAsyncDisposable
{
    private const int MaxLines = 5_000;
    private static readonly ConcurrentDictionary<int, RunningProcess> Alive = new();
    private readonly Process _process;
    private readonly Queue<string> _lines = new();
    private int _disposed;

    static RunningProcess() => ProcessEnd.Do(() =>
    {
        foreach (var pid in Alive.Keys)
            Native.SendSignal(-pid, Lab.Signal.Kill);
    });

    protected RunningProcess(LaunchPlan plan)
    {
        Plan = plan;
        _process = new Process { StartInfo = plan.ToStartInfo() };
        _process.OutputDataReceived += (_, e) => Keep(e.Data, fromError: false);
        _process.ErrorDataReceived += (_, e) => Keep(e.Data, fromError: true);
        _process.Start();
        Pid = _process.Id;
        Alive[Pid] = this;
        if (!plan.KeepsInput)
            _process.StandardInput.Close();

        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public LaunchPlan Plan { get; }

    /// <summary>The process's id, and that of its group (setsid(1) made it the leader).</summary>
    public int Pid { get; }

    public bool HasExited => _process.HasExited;

    public static RunningProcess Start(LaunchPlan plan) => new(plan);

    /// <summary>Runs a short command to its end.</summary>
    public static async Task<CommandResult> RunAsync(LaunchPlan plan, TimeSpan within, string input = "")
    {
        using var process = new Process { StartInfo = plan.ToStartInfo() };
        process.Start();
        Alive[process.Id] = null!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            await WriteAndCloseAsync(process, input);
            using var timeout = new CancellationTokenSource(within);
            try
            {
                await process.WaitForExitAsync(timeout.Token);
                return new CommandResult(process.ExitCode, await output.WaitAsync(timeout.Token), await error.WaitAsync(timeout.Token));
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{plan} did not end within {within.TotalSeconds:0.#} s");
            }
        }
        finally
        {
            Native.SendSignal(-process.Id, Lab.Signal.Kill);
            Alive.TryRemove(process.Id, out _);
        }
    }

    /// <summary>All lines so far, the oldest cut off beyond the bound; lines of stderr are marked.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public string Transcript => $"{Plan}{Environment.NewLine}{string.Join(Environment.NewLine, Lines)}";

    public async Task<string> WaitForLineAsync(Regex pattern, TimeSpan within)
        => await Poll.ForAsync(() => Lines.FirstOrDefault(line => pattern.IsMatch(line)) ?? ThrowIfGone(pattern), within,
            $"a line like {pattern}",
            () => Transcript);

    public void Signal(Signal signal) => Native.SendSignal(Pid, signal);

    /// <summary>Signals the whole group.</summary>
    public void SignalGroup(Signal signal) => Native.SendSignal(-Pid, signal);

    /// <summary>Waits for the process to end by itself.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan within)
    {
        using var timeout = new CancellationTokenSource(within);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"did not end within {within.TotalSeconds:0.#} s.{Environment.NewLine}{Transcript}");
        }

        return _process.ExitCode;
    }

    /// <summary>SIGKILL to the group, and wait.</summary>
    public async Task KillAsync()
    {
        SignalGroup(Lab.Signal.Kill);
        await WaitForExitAsync(Waiting.Limit);
    }

    /// <summary>SIGKILL to the group, if that was not done before.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;

        SignalGroup(Lab.Signal.Kill);
        try
        {
            await WaitForExitAsync(Waiting.Limit);
        }
        finally
        {
            Alive.TryRemove(Pid, out _);
            _process.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    protected virtual void OnOutputLine(string line)
    {
    }

    private static async Task WriteAndCloseAsync(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program may end without reading its input; its exit status tells.
        }
    }

    private string? ThrowIfGone(Regex pattern)
    {
        if (!_process.HasExited)
            return null;

        // The last lines may still be on their way from the pipe when the process is gone already.
        _process.WaitForExit();
        return Lines.FirstOrDefault(line => pattern.IsMatch(line))
            ?? throw new InvalidOperationException(
                $"ended with status {_process.ExitCode} before a line like {pattern}.{Environment.NewLine}{Transcript}");
    }

    private void Keep(string? line, bool fromError)
    {
        if (line is null)
            return;

        lock (_lines)
        {
            _lines.Enqueue(fromError ? $"stderr: {line}" : line);
            if (_lines.Count > MaxLines)
                _lines.Dequeue();
        }

        if (!fromError)
            OnOutputLine(line);
    }
}
