using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Screening.Actors.Cluster;
using Screening.Testing;
using Xunit;

namespace Screening.Actors.Tests.Cluster;

public sealed class PeerTlsTests : IDisposable
{
    private const string MailProtection = "1.3.6.1.5.5.7.3.4";
    private const string AnyUse = "2.5.29.37.0";

    private static readonly string[] BothUses = [CertificateRules.ServerAuthentication, CertificateRules.ClientAuthentication];

    private readonly NodePems _ours = new();
    private readonly NodePems _theirs = new();

    public void Dispose()
    {
        _ours.Dispose();
        _theirs.Dispose();
    }

    [Fact]
    public async Task Nodes_of_one_authority_join_and_no_other()
    {
        await using var lab = new ClusterLab();
        var settings = ClusterLab.Fleet(4);
        var first = await StartAsync(lab, settings[0] with { Seeds = [settings[0].Seeds[0]], Expected = 1 }, _ours);
        await first.IsUpAsync(1);

        // One of another authority who trusts ours as well, and one who shows nothing.
        _theirs.Trust(_ours, _theirs);
        var stranger = await StartAsync(lab, settings[1], _theirs);
        var plain = await lab.StartAsync(settings[2]);
        await ClusterLab.StaysAsync(
            () => stranger.Now.State != JoinState.Up && plain.Now.State != JoinState.Up && first.Now.Members.Length == 1,
            () => $"{stranger.Now} {plain.Now} {first.Now}", 4);

        var friend = await StartAsync(lab, settings[3], _ours);
        await friend.IsUpAsync(2);

        // A seed whose certificate is bad ends nobody else.
        await ClusterLab.StaysAsync(
            () => !first.Host.Ended.IsCompleted && !friend.Host.Ended.IsCompleted, () => $"{first.Now} {friend.Now}", 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Strays_on_the_port_do_no_harm(bool isTls)
    {
        await using var lab = new ClusterLab();
        var settings = ClusterLab.Fleet(2);
        var first = await StartAsync(lab, settings[0] with { Seeds = [settings[0].Seeds[0]], Expected = 1 }, isTls ? _ours : null);
        await first.IsUpAsync(1);
        byte[][] strays =
        [
            [],
            "GET / HTTP/1.1\r\nHost: fleet\r\n\r\n"u8.ToArray(),
            [0xFF, 0xFF, 0xFF, 0x7F, 1, 2, 3],
            [0xFF, 0xFF, 0xFF, 0xFF],
            [4, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3],
            RandomNumberGenerator.GetBytes(100_000),
        ];
        foreach (var stray in strays)
            await SendAsync(settings[0].ListenPort, stray);

        await HandshakeAsync(settings[0].ListenPort, shown: null);
        var second = await StartAsync(lab, settings[1], isTls ? _ours : null);
        await second.IsUpAsync(2);
        Assert.False(first.Host.Ended.IsCompleted);
    }

    [Fact]
    public void Files_that_change_count_and_faulty_ones_do_not()
    {
        var changes = 0;
        using var certificates = new NodeCertificates(_ours.Files, TimeProvider.System, NullLoggerFactory.Instance);
        certificates.Changed += () => changes++;
        var first = certificates.ToSetup().Certificate.Thumbprint;

        File.WriteAllText(_ours.Files.Certificate, "-----BEGIN CERTIFICATE-----\nnonsense");
        certificates.LookAgain();
        Assert.Equal((0, first), (changes, certificates.ToSetup().Certificate.Thumbprint));

        // A new certificate whose key has not been written yet.
        var key = File.ReadAllText(_ours.Files.Key);
        _ours.Issue();
        var newKey = File.ReadAllText(_ours.Files.Key);
        File.WriteAllText(_ours.Files.Key, key);
        certificates.LookAgain();
        Assert.Equal((0, first), (changes, certificates.ToSetup().Certificate.Thumbprint));

        File.WriteAllText(_ours.Files.Key, newKey);
        certificates.LookAgain();
        certificates.LookAgain();
        Assert.Equal(1, changes);
        Assert.NotEqual(first, certificates.ToSetup().Certificate.Thumbprint);
    }

    [Fact]
    public void Another_authority_counts_at_once()
    {
        var changes = 0;
        using var certificates = new NodeCertificates(_ours.Files, TimeProvider.System, NullLoggerFactory.Instance);
        certificates.Changed += () => changes++;
        using var theirs = _theirs.Load();
        Assert.Contains("not signed by an authority in cluster.tls.ca", certificates.Fault(theirs, null), StringComparison.Ordinal);
        _ours.Trust(_ours, _theirs);
        certificates.LookAgain();
        Assert.Null(certificates.Fault(theirs, null));
        Assert.Equal(0, changes);
    }

    [Fact]
    public void Who_shows_none_or_an_expired_one_is_refused()
    {
        using var certificates = new NodeCertificates(_ours.Files, TimeProvider.System, NullLoggerFactory.Instance);
        Assert.Equal("it shows no certificate", certificates.Fault(null, null));
        _ours.Issue(goodForDays: 0);
        using var expired = _ours.Load();
        Assert.Contains("expired", certificates.Fault(expired, null), StringComparison.Ordinal);
    }

    /// <summary>Certificates that the fleet's own authority signed, and what is wrong with each for a node.</summary>
    public static TheoryData<string[], string[], string> Strangers => new()
    {
        { [MailProtection], ["user@example.org"], "it is not for server and client authentication" },
        { [CertificateRules.ServerAuthentication], ["127.0.0.1"], "it is not for client authentication" },
        { [CertificateRules.ClientAuthentication], ["127.0.0.1"], "it is not for server authentication" },
        { [], ["127.0.0.1"], "it is not for server and client authentication" },
        { [AnyUse], ["127.0.0.1"], "it is not for server and client authentication" },
        { BothUses, [], "it has no subjectAltName; expected is one of 127.0.0.1" },
        { BothUses, ["www.example.org", "127.0.0.2"], "it names www.example.org, 127.0.0.2; expected is one of 127.0.0.1" },
    };

    [Theory]
    [Trait("Finding", "security-6")]
    [MemberData(nameof(Strangers))]
    public void A_certificate_of_the_authority_that_is_not_a_node_s_is_refused(string[] uses, string[] names, string fault)
    {
        using var certificates = new NodeCertificates(_ours.Files, TimeProvider.System, NullLoggerFactory.Instance);
        _ours.Issue(new CertificateForm { Uses = uses, Names = names });
        using var stranger = _ours.Load();
        Assert.StartsWith(fault, certificates.Fault(stranger, null), StringComparison.Ordinal);

        // A node reads of its own certificate what the others would say.
        Assert.Contains(fault, _ours.Files.Fault(), StringComparison.Ordinal);
        _ours.Issue();
        Assert.Null(_ours.Files.Fault());
    }

    [Fact]
    [Trait("Finding", "security-6")]
    public async Task A_stranger_of_the_same_authority_is_shut_out_and_one_line_says_why()
    {
        await using var lab = new ClusterLab();
        var (settings, log) = (ClusterLab.Fleet(2)[0], new RecordingLogger<PeerFaults>());
        using var faults = new PeerFaults(TimeProvider.System, log);
        var node = await lab.StartAsync(
            new ClusterSystemSetup(settings with { Seeds = [settings.Seeds[0]], Expected = 1, Tls = _ours.Files })
            {
                Timings = ClusterLab.Quick,
                Certificates = new NodeCertificates(_ours.Files, TimeProvider.System, NullLoggerFactory.Instance, faults),
                Faults = faults,
            });
        await node.IsUpAsync(1);
        _ours.Issue(new CertificateForm { Uses = [MailProtection], Names = ["user@example.org"] });
        using var stranger = _ours.Load();
        for (var i = 0; i < 20; i++)
            await HandshakeAsync(settings.ListenPort, stranger);

        await ClusterLab.UntilAsync(() => faults.RefusedCount == 20, () => $"{faults.RefusedCount} of 20 were refused");
        for (var i = 0; i < 20; i++)
            await SendAsync(settings.ListenPort, "GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        await ClusterLab.UntilAsync(() => faults.RefusedCount == 40, () => $"{faults.RefusedCount} of 40 were refused");
        var line = Assert.Single(log.Lines).Text;
        Assert.StartsWith(
            "Refused a connection to the cluster port from 127.0.0.1: its certificate is not accepted: it is not for", line,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Files_of_no_use_at_the_start_are_told_by_name()
    {
        File.Delete(_ours.Files.Key);
        var fault = Assert.Throws<PeerTlsException>(
            () => new NodeCertificates(_ours.Files, TimeProvider.System, NullLoggerFactory.Instance));
        Assert.Contains(_ours.Files.Key, fault.Message);
    }

    private static Task<ClusterLab.Node> StartAsync(ClusterLab lab, ClusterSettings settings, NodePems? pems) => lab.StartAsync(
        new ClusterSystemSetup(settings with { Tls = pems?.Files })
        {
            Timings = ClusterLab.Quick,
            Certificates = pems is null ? null : new NodeCertificates(pems.Files, TimeProvider.System, NullLoggerFactory.Instance),
        });

    private static async Task SendAsync(int port, byte[] bytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        var stream = client.GetStream();
        try
        {
            await stream.WriteAsync(bytes);
            client.Client.Shutdown(SocketShutdown.Send);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            _ = await stream.ReadAsync(new byte[1000], limit.Token);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // Thrown out.
        }
    }

    // Speaks TLS and trusts anybody.
    private static async Task HandshakeAsync(int port, X509Certificate2? shown)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        using var stream = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = "fleet", ClientCertificates = shown is null ? [] : [shown] },
                limit.Token);
            await stream.WriteAsync(new byte[1000], limit.Token);
            _ = await stream.ReadAsync(new byte[1], limit.Token);
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException or OperationCanceledException)
        {
            // Thrown out.
        }
    }
}
