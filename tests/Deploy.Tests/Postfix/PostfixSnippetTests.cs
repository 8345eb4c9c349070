using System.Globalization;
using Screening.Node.Configuration;
using Screening.Node.Postfix;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Postfix;

/// <summary>
/// <c>deploy/postfix</c> has what <c>config to-postfix</c> prints, and a real Postfix takes it.
/// <c>UPDATE_DOCS=1 dotnet test tests/Deploy.Tests --filter PostfixSnippet</c> writes it.
/// </summary>
public sealed class PostfixSnippetTests : IDisposable
{
    private const string Base = """
        compatibility_level = 3.6
        queue_directory = {0}/queue
        data_directory = {0}/data
        mail_owner = postfix
        setgid_group = postdrop
        myhostname = mx.example.com

        """;

    private const string Services = """
        pickup unix n - y 60 1 pickup
        cleanup unix n - y - 0 cleanup
        qmgr unix n - n 300 1 qmgr

        """;

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Doors => [.. PostfixLinesWriter.Doors];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Doors))]
    public void The_snippets_are_what_the_command_prints(string door)
    {
        var wanted = FilesOf(door);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Snippet(door));
            foreach (var (name, text) in wanted)
                File.WriteAllText(Path.Combine(Snippet(door), name), text);
        }

        var given = Directory.EnumerateFiles(Snippet(door)).ToDictionary(file => Path.GetFileName(file), File.ReadAllText);
        Assert.Equal(wanted.OrderBy(file => file.Key), given.OrderBy(file => file.Key));
    }

    [SkippableTheory]
    [MemberData(nameof(Doors))]
    public async Task Needs_root_and_Postfix__Postfix_takes_them(string door)
    {
        Requires.Root();
        Requires.Programs("postconf", "postfix", "setsid");
        var folder = await WriteAsync(door);

        var checks = await RunAsync("postfix", "-c", folder, "check");
        Assert.True(checks is { ExitCode: 0, Error: "" }, $"{checks}");
        var main = await RunAsync("postconf", "-c", folder, "-n");
        Assert.True(main is { ExitCode: 0, Error: "" }, $"{main}");
        foreach (var line in Lines(Path.Combine(Snippet(door), "main.cf")))
            Assert.Contains(line.Replace("/etc/postfix", folder, StringComparison.Ordinal), main.Output.Split('\n'));
        var master = await RunAsync("postconf", "-c", folder, "-M");
        Assert.True(master is { ExitCode: 0, Error: "" }, $"{master}");
    }

    [SkippableFact]
    public async Task Needs_root_and_Postfix__A_misspelt_parameter_is_told()
    {
        Requires.Root();
        Requires.Programs("postconf", "setsid");
        var folder = await WriteAsync("dnsblog");
        await File.AppendAllTextAsync(Path.Combine(folder, "main.cf"), "postscreen_dnsbl_treshold = 3\n");

        var told = await RunAsync("postconf", "-c", folder, "-n");
        Assert.Contains("unused parameter: postscreen_dnsbl_treshold", told.Error, StringComparison.Ordinal);
    }

    // The configuration of the guide: the sockets in Postfix's queue, where a chroot does not matter.
    private static Dictionary<string, string> FilesOf(string door)
    {
        var options = new ScreeningOptions
        {
            Endpoints = new EndpointOptions { Dnsblog = [EndpointAddress.Parse("unix:///var/spool/postfix/screening/dnsblog")] },
        };
        var lines = new PostfixLinesWriter(options, new PostfixInstallation(new Version(3, 7)), "enforce").Of(door);
        var command = $"# screening config to-postfix --door {door} --postfix-version 3.7\n";
        var files = lines.Files.ToDictionary(file => Path.GetFileName(file.Key), file => command + Text(file.Value, $"# {file.Key}\n"));
        files["main.cf"] = command + Text(lines.MainCf, "# These replace lines of the same names.\n");
        if (lines.MasterCf.Count > 0)
        {
            files["master.cf"] = command
                + Text(lines.MasterCf, "# Each of these services once, in place of the line \"smtp inet ... smtpd\".\n");
        }

        return files;
    }

    private static string Text(IEnumerable<string> lines, string comment) => comment + string.Concat(lines.Select(line => line + "\n"));

    private static string Snippet(string door) => Repository.File($"deploy/postfix/{door}");

    private static IEnumerable<string> Lines(string file) => File.ReadLines(file).Where(line => line.Length > 0 && line[0] != '#');

    private async Task<string> WriteAsync(string door)
    {
        var folder = _folder.MakeFolder("conf");
        _folder.MakeFolder("queue");
        var data = _folder.MakeFolder("data");
        await RunAsync("chown", "postfix", data);
        foreach (var file in Directory.EnumerateFiles(Snippet(door)))
        {
            var text = await File.ReadAllTextAsync(file);
            await File.WriteAllTextAsync(
                Path.Combine(folder, Path.GetFileName(file)), text.Replace("/etc/postfix", folder, StringComparison.Ordinal));
        }

        var (main, master) = (Path.Combine(folder, "main.cf"), Path.Combine(folder, "master.cf"));
        await File.AppendAllTextAsync(main, string.Format(CultureInfo.InvariantCulture, Base, _folder.Root));
        await File.AppendAllTextAsync(master, File.Exists(master) ? Services : "smtp inet n - y - - smtpd\n" + Services);
        return folder;
    }

    private static Task<CommandResult> RunAsync(string program, params string[] arguments) =>
        RunningProcess.RunAsync(new LaunchPlan(program, arguments), Waiting.Limit);
}
