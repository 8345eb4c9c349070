using Screening.Actors.Checks;
using Screening.Actors.Tests.Screening;
using Screening.Protocol.Vocabulary;
using Screening.Testing.Checks;

namespace Screening.Actors.Tests.Checks;

[Trait("Finding", "security-9")]
public sealed class ListLookupTests
{
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");

    [Fact]
    public async Task Of_the_zones_that_nobody_configured_the_least_recently_asked_makes_room()
    {
        await using var node = await StartAsync();
        var lists = node.Handle.Lists;
        await AskAsync(node, "real.test");
        for (var i = 0; i < ChecksSupervisor.MaxOthers; i++)
        {
            await AskAsync(node, $"junk{i}.test");
            await AskAsync(node, "real.test");
        }

        Assert.NotNull(await lists.AskAsync("real2.test", Client, ScreeningHarness.Patience));
        var names = node.Handle.Checks.Health.Select(c => c.Name).ToHashSet();
        Assert.Superset(new HashSet<string> { "a.test", "real.test", "real2.test", $"junk{ChecksSupervisor.MaxOthers - 1}.test" }, names);
        Assert.DoesNotContain("junk0.test", names);
    }

    [Theory]
    [InlineData("screening..nternal")]
    [InlineData("a test")]
    [InlineData("")]
    [InlineData("-a.test")]
    public async Task A_name_that_no_list_can_have_makes_no_check(string zone)
    {
        await using var node = await StartAsync();
        await node.UntilAsync(() => node.Handle.Checks.Health.Any());
        Assert.Null(await node.Handle.Lists.AskAsync(zone, Client, ScreeningHarness.Patience));
        Assert.Equal("a.test", Assert.Single(node.Handle.Checks.Health).Name);
    }

    private static async Task AskAsync(ScreeningHarness node, string zone) =>
        Assert.True(await node.Handle.Lists.AskAsync(zone, Client, ScreeningHarness.Patience) is { Codes.IsEmpty: true }, zone);

    private static Task<ScreeningHarness> StartAsync()
    {
        var (plans, sources) = ScreeningHarness.Lists(FakeDns.Listing(_ => null), "a.test*3");
        return ScreeningHarness.StartAsync(plans, sources);
    }
}
