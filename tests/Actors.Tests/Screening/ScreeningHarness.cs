using System.Collections.Immutable;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Hosting;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;
using Screening.Testing.Checks;

namespace Screening.Actors.Tests.Screening;

/// <summary>The production actors with fakes for the outside world and a clock that the test moves.</summary>
internal sealed class ScreeningHarness : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly IHost _host;

    private ScreeningHarness(IHost host) => _host = host;

    public FakeTimeProvider Time { get; private init; } = null!;

    public RecordingObserver Observer { get; private init; } = null!;

    public ScreeningHandle Handle { get; private init; } = null!;

    public Screener Screener => Handle.Screener;

    /// <summary>A plan and its source for each zone, by site patterns such as <c>bad.test*3</c>.</summary>
    public static (ImmutableArray<CheckPlan> Plans, ImmutableArray<CheckSource> Sources) Lists(
        IDnsTransport dns, string sites, Func<ClientAddress, bool>? skips = null)
    {
        Assert.True(SiteList.TryParse(sites, out var patterns, out var errors), string.Join("; ", errors));
        var zones = patterns.GroupBy(p => p.Zone).ToList();
        return (
            [.. zones.Select(z => new DnsblPlan(DnsblSource.IdOf(z.Key), z.Key, [.. z], skips ?? (_ => false)))],
            [.. zones.Select(z => new DnsblSource(SettingsOf(z.Key), dns))]);
    }

    public static DnsblSettings SettingsOf(string zone) => new(
        new CheckSettings(DnsblSource.IdOf(zone), zone, TimeSpan.FromMilliseconds(800), 1000), zone,
        new KeepSettings(TimeSpan.FromSeconds(5), TimeSpan.FromHours(1), 1000));

    public static async Task<ScreeningHarness> StartAsync(
        ImmutableArray<CheckPlan> plans, ImmutableArray<CheckSource> sources, VerdictSettings? settings = null, int maxInFlight = 1000,
        PermanentLists? access = null)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var observer = new RecordingObserver();
        var handle = new ScreeningHandle();
        var setup = new ScreeningSetup
        {
            Time = time,
            Observer = observer,
            MaxInFlight = maxInFlight,
            Profiles = new ProfileBook(new Profile(Profile.DefaultName, "p1", settings ?? new VerdictSettings(), plans)),
            Access = access ?? PermanentLists.Empty,
            Sources = new UseSources(sources, zone => new DnsblSource(SettingsOf(zone), FakeDns.Listing(_ => null)), _ => false),
        };
        var host = new HostBuilder()
            .ConfigureServices(services => services.AddAkka("test", builder => builder.WithScreening(setup, handle)))
            .Build();
        await host.StartAsync();
        return new ScreeningHarness(host) { Time = time, Observer = observer, Handle = handle };
    }

    /// <summary>Asks about a client through the plug-in door.</summary>
    public Task<Decision> AskAsync(string client, Door door = Door.Plugin) =>
        Screener.DecideAsync(Screener.QueryFor(door, ClientAddress.Parse(client), null)).AsTask().WaitAsync(Patience);

    /// <summary>Ends once the condition holds; for what happens after an answer has left.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
            await Task.Delay(5, patience.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
