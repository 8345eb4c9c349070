using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>
/// A user of the host without rights tries every door and file of a node with default configuration, started under a umask that keeps
/// nothing from anybody. What such a user may do is known: ask about a client, and write postscreen's times over memcache on loopback
/// (docs/postfix.md says how to close that).
/// </summary>
public sealed class UnprivilegedUserNeedsRootTests
{
    private const string Banned = "203.0.113.0/24";
    private const string Seen = "198.51.100.7";

    // A python in root's home would be closed to the user.
    private const string Python = "/usr/bin/python3";

    // Prints a line for everything that should not have worked.
    private const string Intruder = """
        import http.client, os, socket, sys
        known, paths = sys.argv[1].split(","), sys.argv[2:]

        def attempt(what, action):
            try:
                print("could", what, action())
            except OSError:
                pass

        def request(method, path, body=None):
            connection = http.client.HTTPConnection("127.0.0.1", 10080, timeout=20)
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("latin-1")

        def ask(port, text):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as peer:
                peer.sendall(text)
                peer.shutdown(socket.SHUT_WR)
                answer = b""
                while part := peer.recv(65536):
                    answer += part
                return answer.decode("latin-1")

        for path in paths:
            attempt("read " + path, lambda: os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(10))
            attempt("write " + path, lambda: open(path + ".new" if os.path.isdir(path) else path, "ab").close())
            attempt("remove " + path, lambda: os.remove(path))
            with socket.socket(socket.AF_UNIX) as peer:
                attempt("connect to " + path, lambda: peer.connect(path))
        attempt("connect to another node's port", lambda: socket.create_connection(("127.0.0.1", 4053), timeout=5).close())

        grant = '{"kind":"grant","ttl":"1h","reason":"mine"}'
        for method, path, body in [
                ("PUT", "/api/v1/cache/198.51.100.66", grant), ("PUT", "/API/v1/cache/198.51.100.66", grant),
                ("DELETE", "/api/v1/cache/203.0.113.0%2F24", None),
                ("POST", "/api/v1/cache", ""), ("GET", "/api/v1/cache", None), ("GET", "/api/v1/cache?prefix=203.0.113.0/24", None),
                ("GET", "/api/v1/decisions", None)]:
            status, text = request(method, path, body)
            if status < 400:
                print("could", method, path, status, text)

        told = [request("GET", path)[1] for path in ("/metrics", "/api/v1/status", "/healthz", "/readyz", "/")]
        told += [ask(10211, command + b"\r\nquit\r\n") for command in (b"stats", b"stats items", b"stats cachedump 1 100", b"version")]
        told += [ask(10053, b"\0\x24" + b"\0\1\0\0\0\1\0\0\0\0\0\0" + b"\x09screening\x08internal\0" + b"\0\xfc\0\1")]
        for text in told:
            for address in known:
                if address in text:
                    print("could learn of", address, "from", text)
        """;

    [SkippableFact]
    [Trait("Finding", "security-10")]
    public async Task Whoever_has_no_rights_on_the_host_changes_nothing_and_lists_no_client()
    {
        Requires.Programs("setpriv");
        Skip.If(!File.Exists(Python), $"needs {Python}");
        await using var lab = await NetworkLab.StartAsync();
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Root, (UnixFileMode)Convert.ToInt32("755", 8)); // It keeps nobody out; the node has to.
        var script = folder["intruder.py"];
        await File.WriteAllTextAsync(script, Intruder);
        File.SetUnixFileMode(script, (UnixFileMode)Convert.ToInt32("644", 8));
        var data = folder["data"];
        var plain = NodeProcess.Launch(
            lab.Mx, "run", "--set", $"node.data_dir={data}", "--set", $"endpoints.dnsblog=[\"unix://{data}/run/dnsblog\"]");
        await using var node = NodeProcess.Begin(plain with
        {
            Program = "sh",
            Arguments = ["-c", "umask 0 && exec \"$0\" \"$@\"", plain.Program, .. plain.Arguments],
            Folder = folder.Root,
        });
        await node.WaitForReadyAsync();

        string[] socket = ["--node", $"unix://{data}/http.sock"];
        foreach (var change in new[] { ("ban", Banned), ("grant", Seen) })
        {
            await Poll.UntilAsync(
                async () => (await NodeProcess.RunCommandAsync(
                    lab.Mx, ["cache", change.Item1, change.Item2, "--ttl", "1h", "--reason", "test", .. socket])).ExitCode == 0,
                TimeSpan.FromMinutes(2), $"{change} holds, in the store too");
        }

        using (var client = await PluginClient.ConnectAsync(node.Plugin, lab.Mx))
            await client.AskAsync(PluginClient.Request2012(System.Net.IPAddress.Parse(Seen), "first"));
        var before = await SucceedAsync(lab, ["cache", "export", .. socket]);
        Assert.Contains("203.0.113.0/24", before);

        string[] paths = [data, .. Directory.EnumerateFileSystemEntries(data, "*", SearchOption.AllDirectories)];
        Assert.Contains(paths, path => path.EndsWith("whitelist.db", StringComparison.Ordinal));
        var intruder = await RunningProcess.RunAsync(
            new LaunchPlan("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", Python, script, $"{Seen},203.0.113.0", .. paths])
            {
                Namespace = lab.Mx.Name,
            },
            TimeSpan.FromSeconds(120));

        Assert.True(intruder.ExitCode == 0, intruder.ToString());
        Assert.Equal("", intruder.Output);
        Assert.Equal(before, await SucceedAsync(lab, ["cache", "export", .. socket]));
        await node.StopAsync();
    }

    private static async Task<string> SucceedAsync(NetworkLab lab, string[] arguments)
    {
        var result = await NodeProcess.RunCommandAsync(lab.Mx, arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.Output;
    }
}
