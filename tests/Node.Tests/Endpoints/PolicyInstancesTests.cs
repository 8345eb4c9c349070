using Microsoft.Extensions.Time.Testing;
using Screening.Node.Endpoints.Policy;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Tests.Endpoints;

public sealed class PolicyInstancesTests
{
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");

    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(100, PolicyInstances.Capacity)] // Ordinary mails: as many as there may be.
    [InlineData(24_000, 350)] // Large requests: as many as fit.
    [Trait("Finding", "security-13")]
    public void What_is_remembered_is_bounded_in_mails_and_bytes(int textLength, int remembered)
    {
        var instances = new PolicyInstances(_time);
        for (var i = 0; i < 12_000; i++)
            instances.Of($"mail{i}", Client, textLength);
        Assert.InRange(instances.Count, remembered * 0.9, remembered);
        Assert.InRange(instances.Bytes, 1, PolicyInstances.MaxBytes);
        Assert.Same(instances.Of("mail11999", Client, textLength), instances.Of("mail11999", Client, textLength));
    }

    [Fact]
    public void What_is_over_leaves_its_room()
    {
        var instances = new PolicyInstances(_time);
        instances.Of("a", Client, 1000);
        _time.Advance(PolicyInstances.Life);
        instances.Of("b", Client, 0);
        Assert.Equal(1, instances.Count);
    }
}
