using System.Globalization;
using System.Net;

namespace Screening.Testing.Lab;

/// <summary>A real unbound(8): the caching resolver that stands between a mail server and its lists, which it asks as stub zones.</summary>
public sealed class Unbound : RunningProcess
{
    private readonly TemporaryFolder _folder;

    private Unbound(LaunchPlan plan, TemporaryFolder folder, IPEndPoint endPoint)
        : base(plan) => (_folder, EndPoint) = (folder, endPoint);

    public IPEndPoint EndPoint { get; }

    /// <param name="inside">The namespace to run in; null: this host's loopback.</param>
    /// <param name="servers">Zone to the server that has it.</param>
    /// <param name="options">Further lines of the server clause.</param>
    public static async Task<Unbound> StartAsync(
        NetworkNamespace? inside, IPEndPoint endPoint, IReadOnlyDictionary<string, IPEndPoint> servers, params string[] options)
    {
        Requires.Programs("unbound", "setsid");
        var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["unbound.conf"], Configuration(endPoint, servers, folder, options));
        var server = new Unbound(
            new LaunchPlan("unbound", "-d", "-c", folder["unbound.conf"]) { Namespace = inside?.Name }, folder, endPoint);
        try
        {
            await Poll.UntilAsync(
                () => server.HasExited ? throw new InvalidOperationException($"unbound ended.{Environment.NewLine}{server.Transcript}")
                    : Nameserver.AnswersAsync(inside, endPoint, "localhost"),
                Waiting.Limit, "an answer of unbound", () => server.Transcript);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    private static string Configuration(IPEndPoint endPoint, IReadOnlyDictionary<string, IPEndPoint> servers, TemporaryFolder folder,
        string[] options) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        server:
          interface: {endPoint.Address}
          port: {endPoint.Port}
          username: ""
          chroot: ""
          directory: "{folder.Root}"
          pidfile: "{folder["unbound.pid"]}"
          use-syslog: no
          num-threads: 1
          module-config: "iterator"
          do-not-query-localhost: no
        {string.Join('\n', options.Select(option => "  " + option))}
        {string.Join('\n', servers.Keys.Select(zone => $"  local-zone: \"{zone}.\" transparent"))}
        {string.Join('\n', servers.Select(StubZone))}

        """);

    private static string StubZone(KeyValuePair<string, IPEndPoint> server) => string.Create(
        CultureInfo.InvariantCulture, $"stub-zone:\n  name: \"{server.Key}\"\n  stub-addr: {server.Value.Address}@{server.Value.Port}");
}
