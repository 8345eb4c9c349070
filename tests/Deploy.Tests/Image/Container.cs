using System.Globalization;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Image;

/// <summary>A container of the image in a network namespace of the laboratory.</summary>
internal sealed class Container : IAsyncDisposable
{
    private const string Prefix = "screening-image-";

    /// <summary>What docs/containers.md runs a node with.</summary>
    public static readonly string[] Confined =
        ["--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges", "--memory=512m"];

    // podman would raise these above what this host may give.
    private static readonly string[] Limits = ["--ulimit=nofile=20000:20000", "--ulimit=nproc=32768:32768"];

    private static int _count;
    private readonly string _id;

    private Container(string id) => _id = id;

    /// <summary>Starts a node and waits for nothing.</summary>
    /// <param name="command">What follows the program; empty: the image's own.</param>
    public static async Task<Container> StartAsync(
        NetworkNamespace inside, IReadOnlyList<string> options, IReadOnlyList<string> command)
    {
        await RemoveLeftoversAsync();
        var id = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        await PodmanAsync(
        [
            "run", "--detach", "--name", id, $"--network=ns:/run/netns/{inside.Name}", .. Limits, .. options, BuiltImage.Name, .. command,
        ]);
        return new Container(id);
    }

    /// <summary>Runs a command of the program in a container of its own, without a network.</summary>
    public static Task<CommandResult> RunOnceAsync(string[] options, params string[] command) =>
        RunAsync(["run", "--rm", "--network=none", .. Confined, .. Limits, .. options, BuiltImage.Name, .. command]);

    public Task<CommandResult> ExecuteAsync(params IReadOnlyList<string> command) => RunAsync(["exec", _id, .. command]);

    /// <summary>What it has written, on both streams.</summary>
    public async Task<string> LogAsync()
    {
        var result = await RunAsync(["logs", _id]);
        return result.Output + result.Error;
    }

    public async Task WaitForReadyAsync()
    {
        var log = "";
        await Poll.UntilAsync(
            async () => (log = await LogAsync()).Split('\n').Contains("ready"), Waiting.Limit, "ready", () => log);
    }

    /// <summary>The value of a line of proc_pid_status(5) of its first process.</summary>
    public async Task<string> StatusAsync(string name)
    {
        var lines = await File.ReadAllLinesAsync($"/proc/{await InspectAsync(".State.Pid")}/status");
        return lines.Single(line => line.StartsWith($"{name}:", StringComparison.Ordinal))[(name.Length + 1)..].Trim();
    }

    /// <summary>A field of <c>podman inspect</c>, as a Go template names it.</summary>
    public async Task<string> InspectAsync(string field) =>
        (await PodmanAsync(["inspect", _id, "--format", $"{{{{{field}}}}}"])).Trim();

    public Task TerminateAsync() => PodmanAsync(["kill", "--signal=TERM", _id]);

    /// <summary>Waits for it to end by itself; its exit status.</summary>
    public async Task<int> WaitForExitAsync() => int.Parse((await PodmanAsync(["wait", _id])).Trim(), CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync() => await RunAsync(["rm", "--force", "--volumes", "--time=0", _id]);

    /// <summary>Runs podman; its output.</summary>
    public static async Task<string> PodmanAsync(string[] arguments)
    {
        var result = await RunAsync(arguments);
        return result.ExitCode == 0
            ? result.Output : throw new InvalidOperationException($"podman {string.Join(' ', arguments)}: {result}");
    }

    /// <summary>Runs podman, and leaves it to the caller what its exit status means.</summary>
    public static Task<CommandResult> RunAsync(string[] arguments) =>
        RunningProcess.RunAsync(new LaunchPlan("podman", ["--runtime=runc", .. arguments]), Waiting.Limit);

    // Those of test runs that were killed.
    private static async Task RemoveLeftoversAsync()
    {
        var listed = await PodmanAsync(["ps", "--all", "--filter", $"name=^{Prefix}", "--format", "{{.Names}}"]);
        foreach (var name in listed.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (int.TryParse(name[Prefix.Length..].Split('-')[0], CultureInfo.InvariantCulture, out var pid) && !Native.IsRunning(pid))
                await RunAsync(["rm", "--force", "--volumes", "--time=0", name]);
        }
    }
}
