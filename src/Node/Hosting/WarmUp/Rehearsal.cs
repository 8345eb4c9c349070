using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Systemd;
using Screening.Actors.Checks;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Node.Api;
using Screening.Node.Configuration;
using Screening.Node.Endpoints;
using Screening.Node.Hosting.Scripted;
using Screening.Node.Hosting.Systemd;
using Screening.Node.Platform;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Hosting.WarmUp;

/// <summary>
/// Drives every path of an answer before the first real one: a second node in this process, with a folder, scripted sources and loopback
/// ports of its own, answers queries at each of its doors until the times are steady. Code is compiled when it first runs, and the first
/// queries of a node that has just started would pay for that: they were answered up to 120 ms after their deadline.
/// </summary>
/// <remarks>
/// The real node shares code with it and nothing else: no cache, no log, no metric and no store. A rehearsal that fails or takes too long
/// is given up; it never keeps a node from starting.
/// </remarks>
internal static class Rehearsal
{
    /// <summary>The start of a node waits no longer for it.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private const int SteadyRounds = 3;
    private const int MostRounds = 100;

    // An answer that took no longer than this, beyond its deadline where a list was silent, ran no new code.
    private static readonly TimeSpan Steady = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(40);

    /// <summary>Rehearses until the times are steady or the timeout.</summary>
    /// <param name="parent">A folder that may be written to.</param>
    public static async Task RunAsync(string parent, CancellationToken cancellation)
    {
        var folder = Path.Combine(parent, ".rehearsal");
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(Timeout);
        try
        {
            Remove(folder); // Left by a process that was killed.
            PrivateFiles.MakeFolder(folder);
            await PlayAsync(folder, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or IOException
                                         or UnauthorizedAccessException or EndpointException or WhitelistUnavailableException)
        {
            // The first queries may then take longer.
        }
        finally
        {
            Remove(folder);
        }
    }

    private static async Task PlayAsync(string folder, CancellationToken cancellation)
    {
        using var sources = new ScriptedSources(folder);
        var request = RequestFor(folder, sources);
        var node = NodeHost.Build(ConfigurationLoader.Load(request), request, services => services
            .AddLogging(log => log.ClearProviders())
            .AddSingleton<IHostLifetime, NoLifetime>()
            .AddSingleton<ISystemdNotifier, NoServiceManager>());
        await using (node.ConfigureAwait(false))
        {
            await node.StartAsync(cancellation).ConfigureAwait(false);
            await Task.WhenAll(RepeatAsync(node.Endpoints, cancellation), StoreAsync(node.Whitelist, cancellation)).ConfigureAwait(false);
            await node.StopAsync(cancellation).ConfigureAwait(false);
        }
    }

    private static async Task RepeatAsync(IReadOnlyList<OpenEndpoint> endpoints, CancellationToken cancellation)
    {
        using var doors = new RehearsedDoors(endpoints);
        for (int round = 1, steady = 0; round < MostRounds && steady < SteadyRounds; round++)
        {
            var slowest = await doors.AskAllAsync(ScriptedSources.Client(round), cancellation).ConfigureAwait(false);
            var due = ScriptedSources.IsSilentAbout(round) ? Deadline + Steady : Steady;
            steady = slowest <= due ? steady + 1 : 0;
        }
    }

    // A grant and a pass that is taken back go through all of the storing.
    private static async Task StoreAsync(IWhitelistAdmin whitelist, CancellationToken cancellation)
    {
        var network = Network.Of(ScriptedSources.Client(0));
        await whitelist.SetAsync(
            GrantKind.Grant, network, TimeSpan.FromMinutes(1), "rehearsal", "rehearsal", cancellation).ConfigureAwait(false);
        await whitelist.ForgetAsync(network, cancellation).ConfigureAwait(false);
    }

    private static ConfigurationRequest RequestFor(string folder, ScriptedSources sources) => new()
    {
        CurrentDirectory = folder,
        SystemDirectory = folder,
        HostName = "rehearsal",
        Sets =
        [
            $"node.data_dir={folder}", "store.provider=sqlite", "access.permit=[]",
            "endpoints.plugin=[\"tcp://127.0.0.1:0\"]", "endpoints.policy=[\"tcp://127.0.0.1:0\"]",
            "endpoints.dnsblog=[\"tcp://127.0.0.1:0\"]",
            "endpoints.dnsbl=[\"udp://127.0.0.1:0\"]", "endpoints.memcache=[\"tcp://127.0.0.1:0\"]",
            "endpoints.http=[\"tcp://127.0.0.1:0\"]",
            $"dnsbl.resolver=[\"{sources.Resolver}\"]", $"dnsbl.sites=\"{ScriptedSources.List}*3\"",
            .. new[] { "verdict.deadline", "verdict.dnsbl_deadline", "dnsbl.timeout" }.Select(
                name => $"{name}={Deadline.TotalMilliseconds}ms"),
            .. sources.P0fSettings,
        ],
    };

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It is not there, or holds nothing of use.
        }
    }
}
