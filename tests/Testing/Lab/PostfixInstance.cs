using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Screening.Testing.Lab;

/// <summary>
/// A real Postfix of its own: configuration, queue, data and log in a temporary folder, in one network namespace. postscreen(8) listens on
/// port 25, takes mail for example.com and throws it away. /etc/postfix is read for what belongs to the package only.
/// </summary>
public sealed partial class PostfixInstance : IAsyncDisposable
{
    public const int GreetWaitSeconds = 2;
    public const string LocalDomain = "example.com";

    private readonly TemporaryFolder _folder;
    private RunningProcess? _master;

    private PostfixInstance(TemporaryFolder folder) => _folder = folder;

    public string LogFile => _folder["mail.log"];

    public string ConfigFolder => _folder["conf"];

    public string QueueFolder => _folder["queue"];

    /// <summary>Where postscreen looks for what stands in for dnsblog(8), given <see cref="DnsblogServiceName"/>.</summary>
    public string DnsblogSocket => Path.Combine(QueueFolder, "screening", "dnsblog");

    /// <summary>postscreen prefixes it with "private/", relative to the queue directory.</summary>
    public const string DnsblogServiceName = "../screening/dnsblog";

    /// <param name="inside">The namespace to listen in.</param>
    /// <param name="beforeStart">What has to be there before the mail server, e.g. who answers on the dnsblog socket.</param>
    /// <param name="settings">main.cf lines on top of the plain ones.</param>
    public static async Task<PostfixInstance> StartAsync(
        NetworkNamespace inside, Func<PostfixInstance, Task> beforeStart, params string[] settings)
    {
        Requires.Root();
        Requires.Programs("postfix", "postconf", "ip", "setsid");
        var postfix = new PostfixInstance(new TemporaryFolder());
        try
        {
            await postfix.WriteAsync(settings);
            await beforeStart(postfix);
            await postfix.StartAsync(inside);
        }
        catch
        {
            await postfix.DisposeAsync();
            throw;
        }

        return postfix;
    }

    public IReadOnlyList<string> LogLines
    {
        get
        {
            if (!File.Exists(LogFile))
                return [];

            using var stream = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
    }

    /// <summary>Waits for the first log line that matches.</summary>
    public Task<string> WaitForLogAsync(Regex pattern, TimeSpan? within = null)
        => Poll.ForAsync(() => LogLines.FirstOrDefault(line => pattern.IsMatch(line)), within ?? Waiting.Limit,
            $"a log line like {pattern}",
            () => Transcript);

    /// <summary>Ends it and starts it anew, with the same files.</summary>
    public async Task RestartAsync(NetworkNamespace inside)
    {
        await StopAsync();
        await StartAsync(inside, LogLines.Count(line => StartedLine().IsMatch(line)));
    }

    public string Transcript => string.Join(Environment.NewLine, [.. _master?.Lines ?? [], .. LogLines]);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    private async Task StopAsync()
    {
        if (_master is not null)
        {
            if (LogLines.Select(line => StartedLine().Match(line)).LastOrDefault(match => match.Success) is { } match)
            {
                // master(8) leaves our process group; at its end it ends its children.
                var pid = int.Parse(match.Groups["pid"].Value, CultureInfo.InvariantCulture);
                Native.SendSignal(pid, Signal.Terminate);
                await Poll.UntilAsync(() => !Native.IsRunning(pid), Waiting.Limit, "the end of master(8)", () => Transcript);
            }

            await _master.DisposeAsync();
        }
    }

    private async Task StartAsync(NetworkNamespace inside, int startedBefore = 0)
    {
        _master = RunningProcess.Start(new LaunchPlan("postfix", "-c", _folder["conf"], "start-fg") { Namespace = inside.Name });
        await Poll.UntilAsync(
            () => LogLines.Count(line => StartedLine().IsMatch(line)) > startedBefore, Waiting.Limit, "master(8)'s word that it started",
            () => Transcript);
    }

    private async Task WriteAsync(string[] settings)
    {
        _folder.MakeFolder("conf");
        _folder.MakeFolder("queue");
        _folder.MakeFolder("data");
        var screening = _folder.MakeFolder("queue/screening");
        // New files take the folder's group, so that a socket of mode 0660 is for postscreen, which runs as postfix, and its owner.
        foreach (string[] arguments in (string[][])[["postfix", _folder["data"]], ["root:postfix", screening]])
            await RunAsync("chown", arguments);

        await RunAsync("chmod", "2750", screening);
        string[] plain =
        [
            "compatibility_level = 3.6",
            $"queue_directory = {QueueFolder}",
            $"data_directory = {_folder["data"]}",
            $"maillog_file = {LogFile}",
            $"maillog_file_prefixes = {_folder.Root}",
            "syslog_name = mx",
            "mail_owner = postfix",
            "setgid_group = postdrop",
            "myhostname = mx.example.com",
            $"mydestination = {LocalDomain}",
            "mynetworks =",
            "local_transport = discard:",
            "local_recipient_maps =",
            "alias_maps =",
            "alias_database =",
            "inet_interfaces = all",
            "inet_protocols = all",
            "smtpd_peername_lookup = no",
            "smtpd_recipient_restrictions = reject_unauth_destination",
            string.Create(CultureInfo.InvariantCulture, $"postscreen_greet_wait = {GreetWaitSeconds}s"),
            "postscreen_cache_map = btree:$data_directory/postscreen_cache",
            "postscreen_access_list =",
        ];
        // A line of the test's replaces the plain one of that name; Postfix would warn of two.
        var lines = new Dictionary<string, string>();
        foreach (var line in plain.Concat(settings))
            lines[line.Split('=')[0].Trim()] = line;

        await File.WriteAllLinesAsync(_folder["conf/main.cf"], lines.Values);
        await File.WriteAllTextAsync(_folder["conf/master.cf"], MasterCf);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var result = await RunningProcess.RunAsync(new LaunchPlan(program, arguments), Waiting.Limit);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"{program}: {result}");
    }

    [GeneratedRegex(@"/master\[(?<pid>\d+)\]: daemon started")]
    private static partial Regex StartedLine();

    private const string MasterCf = """
        smtp      inet  n       -       n       -       1       postscreen
        smtpd     pass  -       -       n       -       -       smtpd
        dnsblog   unix  -       -       n       -       0       dnsblog
        cleanup   unix  n       -       n       -       0       cleanup
        qmgr      unix  n       -       n       300     1       qmgr
        rewrite   unix  -       -       n       -       -       trivial-rewrite
        bounce    unix  -       -       n       -       0       bounce
        defer     unix  -       -       n       -       0       bounce
        trace     unix  -       -       n       -       0       bounce
        discard   unix  -       -       n       -       -       discard
        error     unix  -       -       n       -       -       error
        retry     unix  -       -       n       -       -       error
        anvil     unix  -       -       n       -       1       anvil
        postlog   unix-dgram n  -       n       -       1       postlogd

        """;
}
