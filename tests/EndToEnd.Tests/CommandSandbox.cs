using System.Globalization;
using System.Text;
using Screening.Testing.Documentation;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>What came of one block.</summary>
/// <param name="Block">The block.</param>
/// <param name="Status">Its exit status; -1: it was not reached.</param>
/// <param name="Output">What it wrote.</param>
internal sealed record CommandRun(FencedBlock Block, int Status, string Output);

/// <summary>
/// Runs blocks of commands as a reader would paste them: each page in a folder of its own, with <c>screening</c> on the PATH, each block in
/// a shell that ends at the first command that fails. All of it has process ids of its own, so that nothing outlives it, and cannot write
/// outside of its folder: a block that was meant to be skipped must not change the host. With a node it also has a network of its own, with
/// the default ports free.
/// </summary>
internal sealed class CommandSandbox
{
    private const string BlockLimitSeconds = "60";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);
    private readonly TemporaryFolder _folder;

    public CommandSandbox(TemporaryFolder folder)
    {
        _folder = folder;
        var (dotnet, program) = (NodeProcess.Launch(null).Program, Path.Combine(folder.MakeFolder("bin"), "screening"));
        File.WriteAllText(program, $"#!/bin/sh\nexec '{dotnet}' '{NodeProcess.Assembly}' \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    /// <summary>Variables beside those of the sandbox.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    private static string[] Isolation =>
        [.. System.Environment.IsPrivilegedProcess ? (string[])[] : ["--user", "--map-root-user"], "--pid", "--fork", "--kill-child",
            "--mount-proc"];

    /// <summary>Skips the test if this process may not make the namespaces.</summary>
    public static async Task RequireIsolationAsync()
    {
        Requires.Programs("unshare", "ip", "bash", "timeout", "mount");
        var result = await RunningProcess.RunAsync(new LaunchPlan("unshare", [.. Isolation, "--net", "true"]), TimeSpan.FromSeconds(20));
        Skip.If(result.ExitCode != 0, "needs the right to make namespaces");
    }

    /// <summary>Runs the blocks in their order.</summary>
    /// <param name="withNode">Isolated, beside a node with the defaults, but for its store, whose data folder is <c>./data</c> for every
    /// block.</param>
    public async Task<IReadOnlyList<CommandRun>> RunAsync(IReadOnlyList<FencedBlock> blocks, bool withNode)
    {
        await File.WriteAllTextAsync(_folder["all.sh"], Script(blocks, withNode));
        string[] network = withNode ? ["--net"] : [];
        var plan = new LaunchPlan("unshare", [.. Isolation, .. network, "bash", _folder["all.sh"]])
        {
            Folder = _folder.Root,
            Environment = Variables()
        };
        var result = await RunningProcess.RunAsync(plan, Limit);
        var statuses = result.Output.Split('\n').Select(line => line.Split(' ')).Where(words => words is ["block", _, _])
            .ToDictionary(
                words => int.Parse(words[1], CultureInfo.InvariantCulture), words => int.Parse(words[2], CultureInfo.InvariantCulture));
        return [.. blocks.Select(
            (block, i) => new CommandRun(block, statuses.GetValueOrDefault(i, -1), statuses.ContainsKey(i) ? OutputOf(i) : $"{result}"))];
    }

    private string OutputOf(int number) => File.ReadAllText(_folder[FormattableString.Invariant($"{number}.log")]);

    private Dictionary<string, string?> Variables()
    {
        var path = string.Join(':', _folder["bin"], System.Environment.GetEnvironmentVariable("PATH"), "/usr/sbin", "/sbin");
        var variables = new Dictionary<string, string?>
        {
            ["PATH"] = path,
            ["HOME"] = _folder.Root,
            ["TMPDIR"] = _folder.MakeFolder("tmp"),
            ["DOTNET_EnableDiagnostics"] = "0",
            ["NO_COLOR"] = "1",
            ["SCREENING__NODE__DATA_DIR"] = _folder["data"],
            // On a busy disk a change is not durable in time, and the command says so with status 1.
            ["SCREENING__STORE__PROVIDER"] = "memory",
        };
        foreach (var (name, value) in Environment)
            variables[name] = value;
        return variables;
    }

    private string Script(IReadOnlyList<FencedBlock> blocks, bool withNode)
    {
        _folder.MakeFolder("data");
        var script = new StringBuilder("set -eu\n");
        script.Append(
            CultureInfo.InvariantCulture,
            $"mount --bind '{_folder.Root}' '{_folder.Root}' && cd '{_folder.Root}' && mount -o remount,bind,ro /\n");
        if (withNode)
        {
            script.Append("ip link set lo up\n");
            script.Append("screening run >node.log 2>&1 &\n");
            script.Append("until grep -qx ready node.log; do kill -0 $! || { cat node.log; exit 1; }; sleep 0.1; done\n");
        }

        foreach (var (block, i) in blocks.Select((block, i) => (block, i)))
        {
            var (name, page) = (FormattableString.Invariant($"{i}"), FolderOf(block.Page));
            File.WriteAllText(_folder[$"{name}.sh"], block.Text);
            script.Append(
                CultureInfo.InvariantCulture,
                $"(cd '{page}' && exec timeout {BlockLimitSeconds} bash -e '{_folder[$"{name}.sh"]}') >{name}.log 2>&1 </dev/null && "
                    + $"status=0 || status=$?\n");
            script.Append(CultureInfo.InvariantCulture, $"echo block {i} $status\n");
        }

        return script.ToString();
    }

    // Files that the page asks its reader to save lie in it.
    private string FolderOf(string page)
    {
        var folder = _folder[page.Replace('/', '-')];
        if (Directory.Exists(folder))
            return folder;
        Directory.CreateDirectory(folder);
        Directory.CreateSymbolicLink(Path.Combine(folder, "data"), _folder["data"]);
        foreach (var block in MarkdownPage.Read(page).Blocks.Where(block => block.FileName is not null))
            File.WriteAllText(Path.Combine(folder, block.FileName!), block.Text);
        return folder;
    }
}
