using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using Akka.Event;
using Microsoft.Extensions.Logging.Abstractions;
using Screening.Actors.Cluster;
using Screening.Actors.Fleet;
using Xunit;

namespace Screening.Actors.Tests.Cluster;

public sealed class FleetTlsTests : IDisposable
{
    private readonly FleetPems _ours = new();
    private readonly FleetPems _theirs = new();

    public void Dispose()
    {
        _ours.Dispose();
        _theirs.Dispose();
    }

    [Fact]
    public async Task Nodes_of_one_authority_join_and_no_other()
    {
        await using var lab = new FleetLab();
        var settings = FleetLab.Fleet(4);
        var first = await StartAsync(lab, settings[0] with { Seeds = [settings[0].Seeds[0]], Expected = 1 }, _ours);
        await first.IsUpAsync(1);

        // One of another authority who trusts ours as well, and one who shows nothing.
        _theirs.Trust(_ours, _theirs);
        var stranger = await StartAsync(lab, settings[1], _theirs);
        var plain = await lab.StartAsync(settings[2]);
        await FleetLab.StaysAsync(
            () => stranger.Now.State != FleetState.Up && plain.Now.State != FleetState.Up && first.Now.Members.Length == 1,
            () => $"{stranger.Now} {plain.Now} {first.Now}", 4);

        var friend = await StartAsync(lab, settings[3], _ours);
        await friend.IsUpAsync(2);

        // A seed whose certificate is bad ends nobody else.
        await FleetLab.StaysAsync(() => !first.Host.Ended.IsCompleted && !friend.Host.Ended.IsCompleted, () => $"{first.Now} {friend.Now}", 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Strays_on_the_port_do_no_harm(bool isTls)
    {
        await using var lab = new FleetLab();
        var settings = FleetLab.Fleet(2);
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
        {
            await SendAsync(settings[0].ListenPort, stray);
        }

        await HandshakeAsync(settings[0].ListenPort);
        var second = await StartAsync(lab, settings[1], isTls ? _ours : null);
        await second.IsUpAsync(2);
        Assert.False(first.Host.Ended.IsCompleted);
    }

    [Fact]
    public void Files_that_change_count_and_faulty_ones_do_not()
    {
        var changes = 0;
        using var certificates = new FleetCertificates(_ours.Files, TimeProvider.System, NullLoggerFactory.Instance);
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
        using var certificates = new FleetCertificates(_ours.Files, TimeProvider.System, NullLoggerFactory.Instance);
        certificates.Changed += () => changes++;
        using var theirs = _theirs.Load();
        bool Accepts() => certificates.Accept(theirs, null, "peer", SslPolicyErrors.RemoteCertificateChainErrors, NoLogger.Instance);

        Assert.False(Accepts());
        _ours.Trust(_ours, _theirs);
        certificates.LookAgain();
        Assert.True(Accepts());
        Assert.Equal(0, changes);
    }

    [Fact]
    public void Who_shows_none_or_an_expired_one_is_refused()
    {
        using var certificates = new FleetCertificates(_ours.Files, TimeProvider.System, NullLoggerFactory.Instance);
        Assert.False(certificates.Accept(null, null, "peer", SslPolicyErrors.RemoteCertificateNotAvailable, NoLogger.Instance));
        _ours.Issue(goodForDays: 0);
        using var expired = _ours.Load();
        Assert.False(certificates.Accept(expired, null, "peer", SslPolicyErrors.None, NoLogger.Instance));
    }

    [Fact]
    public void Files_of_no_use_at_the_start_are_told_by_name()
    {
        File.Delete(_ours.Files.Key);
        var fault = Assert.Throws<FleetTlsException>(() => new FleetCertificates(_ours.Files, TimeProvider.System, NullLoggerFactory.Instance));
        Assert.Contains(_ours.Files.Key, fault.Message);
    }

    private static Task<FleetLab.Node> StartAsync(FleetLab lab, FleetSettings settings, FleetPems? pems) => lab.StartAsync(
        new FleetHostSetup(settings with { Tls = pems?.Files })
        {
            Timings = FleetLab.Quick,
            Certificates = pems is null ? null : new FleetCertificates(pems.Files, TimeProvider.System, NullLoggerFactory.Instance),
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

    // Speaks TLS, trusts anybody and shows no certificate.
    private static async Task HandshakeAsync(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        using var stream = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "fleet" }, limit.Token);
            await stream.WriteAsync(new byte[1000], limit.Token);
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException or OperationCanceledException)
        {
            // Thrown out.
        }
    }
}
