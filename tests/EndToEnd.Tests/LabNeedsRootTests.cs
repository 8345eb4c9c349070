using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>The laboratory itself, without the node: what fails here is not the product's fault.</summary>
public sealed class LabNeedsRootTests
{
    [SkippableFact]
    public async Task Needs_p0f__p0f_knows_a_client_that_connected_over_the_cable()
    {
        await using var lab = await NetworkLab.StartAsync();
        using var folder = new TemporaryFolder();
        await using var p0f = await P0fProcess.StartAsync(lab.Mx, NetworkLab.Interface, folder["p0f.sock"]);
        using var listener = lab.Mx.CreateSocket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(NetworkLab.MxAddress, 2525));
        listener.Listen();
        var client = NetworkLab.ClientAddress(20);

        using var connection = await lab.Client.ConnectAsync(new IPEndPoint(NetworkLab.MxAddress, 2525), client);

        var answer = await Poll.ForAsync(
            async () => await p0f.AskAsync(client) is { Known: true } known ? known : null, Waiting.Limit, "the client in p0f");
        Assert.Equal(("Linux", "Ethernet or modem"), (answer.Os, answer.Link));
        Assert.False((await p0f.AskAsync(NetworkLab.ClientAddress(21))).Known);
    }

    [SkippableFact]
    public async Task Needs_rbldnsd__A_process_is_gone_after_its_end_and_its_port_is_free()
    {
        var zones = new Dictionary<string, Listing[]>
        {
            ["bl.example"] = [new("192.0.2.20", "127.0.0.2"),
            new("2001:db8::10", "127.0.0.3")]
        };
        var endPoint = new IPEndPoint(IPAddress.Loopback, FreeUdpPort());
        int pid;
        await using (var server = await RblDnsd.StartAsync(null, endPoint, zones))
        {
            pid = server.Pid;
            Assert.True(Native.IsRunning(pid));
        }

        Assert.False(Native.IsRunning(pid));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(endPoint);
    }

    [SkippableFact]
    public async Task Needs_Postfix__Postscreen_believes_a_stand_in_for_dnsblog()
    {
        await using var lab = await NetworkLab.StartAsync();
        var listed = NetworkLab.ClientAddress(20);
        var clean = NetworkLab.ClientAddress(21);
        DnsblogStandIn? standIn = null;
        await using var postfix = await PostfixInstance.StartAsync(lab.Mx,
            instance =>
            {
                standIn = new DnsblogStandIn(
                    instance.DnsblogSocket, (_, client) => client == listed.ToString() ? ("127.0.0.4", 300) : (string.Empty, 300));
                return Task.CompletedTask;
            },
            "postscreen_dnsbl_sites = screening.internal=127.0.0.[4..5]*3",
            "postscreen_dnsbl_threshold = 3",
            "postscreen_dnsbl_action = enforce",
            $"dnsblog_service_name = {PostfixInstance.DnsblogServiceName}");
        await using var _ = standIn!;

        var (refused, delivered) = (await SmtpSession.SendMailAsync(lab.Client, listed, NetworkLab.MxAddress),
            await SmtpSession.SendMailAsync(lab.Client, clean, NetworkLab.MxAddress));

        Assert.StartsWith(
            "550 5.7.1 Service unavailable; client [192.0.2.20] blocked using screening.internal", refused.Replies[3],
            StringComparison.Ordinal);
        Assert.True(delivered.Delivered, delivered.ToString());
        await postfix.WaitForLogAsync(new Regex(@"DNSBL rank 3 for \[192\.0\.2\.20\]"));
        await postfix.WaitForLogAsync(new Regex(@"PASS NEW \[192\.0\.2\.21\]"));
        await postfix.WaitForLogAsync(new Regex("status=sent"));
        Assert.Contains(("screening.internal", "192.0.2.21"), standIn!.Questions);
    }

    [SkippableFact]
    public async Task Needs_Postfix_p0f_and_rbldnsd__The_script_brings_two_mail_servers_up_and_down()
    {
        Requires.Root();
        Requires.Programs("postfix", "rbldnsd", "p0f", "ip", "setsid", "socat", "bash");
        using var folder = new TemporaryFolder();
        Task<CommandResult> RunAsync(params string[] arguments) => RunningProcess.RunAsync(
            new LaunchPlan("bash", [Repository.File("tests/EndToEnd.Tests/mail-lab.sh"), .. arguments])
            {
                Environment = new Dictionary<string, string?> { ["MAIL_LAB"] = folder["lab"] },
            },
            TimeSpan.FromMinutes(2));

        var up = await RunAsync("up");
        Assert.True(up.ExitCode == 0, $"{up}");
        string clients;
        try
        {
            var (delivered, refused) = (await RunAsync("send", "mx1", $"{Bench.Clean}"), await RunAsync("send", "mx2", $"{Bench.Listed6}"));
            Assert.Contains("< 250 2.0.0 Ok: queued", delivered.Output, StringComparison.Ordinal);
            Assert.Contains(
                $"< 550 5.7.1 Service unavailable; client [{Bench.Listed6}] blocked using screening.internal", refused.Output,
                StringComparison.Ordinal);
            clients = (await File.ReadAllLinesAsync(folder["lab/out"]))
                .Single(l => l.StartsWith("client.namespace ", StringComparison.Ordinal)).Split(' ')[1];
            Assert.True(File.Exists($"/run/netns/{clients}"));
        }
        finally
        {
            Assert.Equal(0, (await RunAsync("down")).ExitCode);
        }

        Assert.False(File.Exists($"/run/netns/{clients}"));
        Assert.False(Directory.Exists(folder["lab"]));
    }

    [SkippableFact]
    public async Task Namespaces_of_a_killed_run_are_removed_by_the_next()
    {
        Requires.Root();
        Requires.Programs("ip", "setsid");
        const string left = "screening-lab-4194304-1-mx";
        await RunningProcess.RunAsync(new LaunchPlan("ip", "netns", "add", left), TimeSpan.FromSeconds(10));

        await using var lab = await NetworkLab.StartAsync();

        Assert.False(File.Exists($"/run/netns/{left}"));
        Assert.True(File.Exists($"/run/netns/{lab.Mx.Name}"));
    }

    private static int FreeUdpPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
