using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Checks;

public class AnswerKeepTests
{
    [Theory]
    [Trait("Finding", "A10")]
    [InlineData("192.0.2.7/32", 1)]
    [InlineData("192.0.2.4/30", 4)]
    [InlineData("192.0.2.0/24", 100)]
    [InlineData("0.0.0.0/0", 100)]
    [InlineData("198.51.100.0/24", 0)]
    [InlineData("2001:db8::7/128", 1)]
    [InlineData("2001:db8::/64", 100)]
    public void Forgetting_a_network_drops_the_answers_about_its_clients_and_no_others(string text, int dropped)
    {
        Assert.True(Network.TryParse(text, out var network, out _));
        var kept = new AnswerKeep<DnsblAnswer>(new FakeTimeProvider(), new KeepSettings(default, TimeSpan.FromHours(1), 1000));
        var clients = Enumerable.Range(0, 100)
            .SelectMany(i => new[] { ClientAddress.Parse($"192.0.2.{i}"), ClientAddress.Parse($"2001:db8::{i:x}") }).ToList();
        foreach (var client in clients)
            kept.Add(client, new DnsblAnswer([], 600));
        kept.Forget(network);
        Assert.Equal(dropped, clients.Count(client => kept.Find(client) is null));
        Assert.All(clients, client => Assert.Equal(network.Contains(client), kept.Find(client) is null));
    }
}
