using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Screening.Actors.Checks;
using Screening.Node.Sources.P0f;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;
using Screening.Testing;

namespace Screening.Node.Tests.Sources.P0f;

public sealed class RealP0fTests
{
    private const string Program = "/usr/sbin/p0f";

    [SkippableFact]
    public async Task Real_p0f_knows_who_connected_and_survives_a_stop_and_our_leaving()
    {
        Skip.IfNot(File.Exists(Program) && Environment.UserName == "root", "needs p0f and root");
        var socket = Path.Combine(Path.GetTempPath(), $"p0f-{Guid.NewGuid():N}.sock");
        using var p0f = Process.Start(new ProcessStartInfo(Program, ["-i", "lo", "-s", socket]) { RedirectStandardOutput = true })!;
        _ = p0f.StandardOutput.ReadToEndAsync();
        try
        {
            await Waiting.UntilAsync(() => p0f.HasExited || File.Exists(socket), "p0f listens");
            Skip.If(p0f.HasExited, "p0f can not capture here");
            await using (var connection = new P0fConnection(socket, TimeProvider.System, NullLogger<P0fConnection>.Instance))
            {
                var client = ClientAddress.Parse("127.0.0.77");
                Assert.Equal(P0fStatus.NoMatch, (await AskAsync(connection, ClientAddress.Parse("192.0.2.1"))).Status);
                await ConnectFromAsync(client);
                await UntilKnownAsync(connection, client);

                Signal("-STOP", p0f);
                await SourceAssert.FailsAsync(
                    Screening.Actors.Checks.CheckFailure.Timeout, connection.AskAsync(client, TimeSpan.FromMilliseconds(50), default));
                Signal("-CONT", p0f);
                Assert.Equal(P0fStatus.Ok, (await AskAsync(connection, client)).Status);
            }

            Assert.False(p0f.HasExited, "p0f died of our leaving");
        }
        finally
        {
            p0f.Kill();
            await p0f.WaitForExitAsync();
            File.Delete(socket);
        }
    }

    private static async Task UntilKnownAsync(P0fConnection connection, ClientAddress client)
    {
        for (var started = Stopwatch.StartNew(); started.Elapsed < Waiting.Limit;)
        {
            var reply = await AskAsync(connection, client);
            if (reply.Status != P0fStatus.Ok)
                continue;
            Assert.Equal("Linux", reply.OsName);
            return;
        }

        Assert.Fail("p0f never came to know the client");
    }

    private static Task<P0fReply> AskAsync(P0fConnection connection, ClientAddress client) =>
        connection.AskAsync(client, Waiting.Limit, default).Within("p0f's reply");

    private static async Task ConnectFromAsync(ClientAddress client)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(client.ToIPAddress(), 0));
        await socket.ConnectAsync(listener.LocalEndPoint!);
    }

    private static void Signal(string signal, Process process) => Process.Start("kill", [signal, process.Id.ToString()]).WaitForExit();
}
