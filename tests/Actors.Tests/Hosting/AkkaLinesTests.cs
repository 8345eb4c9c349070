using Microsoft.Extensions.Logging;
using Screening.Actors.Hosting;

namespace Screening.Actors.Tests.Hosting;

[Trait("Finding", "use-7")]
public class AkkaLinesTests
{
    [Theory]
    [InlineData(
        "Akka.Remote.Transport.DotNetty.TcpServerHandler", "", "TLS handshake failed on channel [{0}->{1}](Id={2})\n{3}", LogLevel.Error,
        AkkaFate.Refused)]
    [InlineData(
        "Akka.Remote.Transport.DotNetty.TcpClientHandler", "", "TLS handshake failed on channel [{0}->{1}](Id={2})\n{3}", LogLevel.Error,
        AkkaFate.HandshakeFailed)]
    [InlineData(
        "Akka.Remote.Transport.DotNetty.TcpServerHandler", "", "Rejected incoming connection from [{0}] due to TLS", LogLevel.Warning,
        AkkaFate.RefusedAgain)]
    [InlineData(
        "Akka.Remote.EndpointReader", "", "Deserialization failed for message with serializer id", LogLevel.Warning, AkkaFate.Dropped)]
    [InlineData(
        "Akka.Event.DummyClassForStringSources", "remoting (akka://fleet)", "Tried to associate with unreachable", LogLevel.Warning,
        AkkaFate.Quiet)]
    [InlineData(
        "Akka.Actor.OneForOneStrategy", "akka://fleet/system/endpointManager/reliableEndpointWriter-x", "Disassociated", LogLevel.Error,
        AkkaFate.Quiet)]
    [InlineData("Akka.Cluster.Sharding.ShardRegion", "", "{0}: Dropping [{1}] buffered messages", LogLevel.Warning, AkkaFate.Quiet)]
    [InlineData("Akka.Actor.CoordinatedShutdown", "", "Coordinated shutdown phase [{0}] timed out", LogLevel.Warning, AkkaFate.Quiet)]
    [InlineData("Akka.Actor.OneForOneStrategy", "akka://fleet/user/whitelist", "Object reference not set", LogLevel.Error, AkkaFate.Shown)]
    [InlineData("Akka.Remote.EndpointManager", "", "something that nobody expected", LogLevel.Error, AkkaFate.Shown)]
    [InlineData("Akka.Anything", "", "something that nobody expected", LogLevel.Warning, AkkaFate.Shown)]
    [InlineData("Akka.Anything", "", "something that nobody expected", LogLevel.Information, AkkaFate.Quiet)]
    public void A_line_of_Akka_is_quiet_shown_or_counted(string type, string place, string template, LogLevel level, object fate) =>
        Assert.Equal(fate, AkkaLines.FateOf(type, place, template, level));
}
