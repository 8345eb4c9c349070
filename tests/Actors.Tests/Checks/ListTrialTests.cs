using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Dnsbl;
using Screening.Protocol.Vocabulary;
using Screening.Testing.Checks;

namespace Screening.Actors.Tests.Checks;

public sealed class ListTrialTests
{
    private static readonly ClientAddress TestPoint = ClientAddress.Parse("127.0.0.1");
    private static readonly Network Strangers = Network.Of(ClientAddress.Parse("127.128.0.0"), 9);

    private readonly FakeTimeProvider _time = new();
    private readonly FakeDns _dns = FakeDns.Listing(_ => null);
    private readonly ListTrial _trial;

    public ListTrialTests() => _trial = TrialOf(_dns);

    [Fact]
    public async Task A_good_list_is_tried_now_and_then()
    {
        for (var i = 0; i < 3; i++)
            Assert.Null(await _trial.ListedAsync());
        Assert.Equal((1, 0), _dns.Trials);
        _time.Advance(ListTrial.Life);
        Assert.Null(await _trial.ListedAsync());
        Assert.Equal((2, 0), _dns.Trials);
    }

    [Fact]
    public async Task A_list_that_goes_mad_is_soon_found_out_and_believed_again_when_it_is_mended()
    {
        Assert.Null(await _trial.ListedAsync());
        (_dns.TestPoint, _dns.Stranger) = (FakeDns.Listed("127.0.0.2"), FakeDns.Listed("127.0.0.2"));
        _time.Advance(ListTrial.Life);
        Assert.Equal(TestPoint, await _trial.ListedAsync());
        (_dns.TestPoint, _dns.Stranger) = (FakeDns.NotListed, FakeDns.NotListed);
        Assert.Equal(TestPoint, await _trial.ListedAsync());
        _time.Advance(ListTrial.Life);
        Assert.Null(await _trial.ListedAsync());
    }

    [Fact]
    public async Task A_run_of_listings_is_tried_by_an_address_that_no_resolver_remembers()
    {
        _dns.Stranger = FakeDns.Listed("127.0.0.2");
        for (var i = 1; i < ListTrial.DoubtfulRun; i++)
            Assert.Null(await _trial.ListedAsync());
        Assert.True(Strangers.Contains((await _trial.ListedAsync())!.Value));

        // It stays so until a stranger is not listed, though 127.0.0.1 never was.
        _time.Advance(ListTrial.Life);
        Assert.NotNull(await _trial.ListedAsync());
        _dns.Stranger = FakeDns.NotListed;
        _time.Advance(ListTrial.Life);
        Assert.Null(await _trial.ListedAsync());
    }

    [Fact]
    public async Task A_list_that_knows_some_and_not_others_is_asked_for_no_stranger()
    {
        for (var i = 0; i < 50; i++)
        {
            Assert.Null(await _trial.ListedAsync());
            if (i % 3 == 0)
                _trial.NotListed();
        }

        Assert.Equal((1, 0), _dns.Trials);
    }

    [Fact]
    public async Task Without_an_answer_a_list_is_believed()
    {
        var trial = TrialOf(new SilentDns());
        for (var i = 0; i <= ListTrial.DoubtfulRun; i++)
            Assert.Null(await trial.ListedAsync());
    }

    private ListTrial TrialOf(IDnsTransport dns) => new(
        new DnsblSettings(
            new CheckSettings("dnsbl:a.test", "a.test", TimeSpan.FromSeconds(1), 10), "a.test", new KeepSettings(default, default, 10)),
        dns, new CheckContext(_time, new CheckDirectory(), new RecordingObserver()));

    private sealed class SilentDns : IDnsTransport
    {
        public Task<DnsAnswer> QueryAddressesAsync(string name, TimeSpan timeout, CancellationToken cancellation) =>
            Task.FromException<DnsAnswer>(new SourceException(CheckFailure.Timeout, "no answer"));

        public Task<ImmutableArray<string>> QueryTextAsync(string name, TimeSpan timeout, CancellationToken cancellation) =>
            Task.FromResult(ImmutableArray<string>.Empty);
    }
}
