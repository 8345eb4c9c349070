using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Event;
using Microsoft.Extensions.Logging;
using Screening.Actors.Hosting;
using Screening.Testing;
using Xunit;

namespace Screening.Actors.Tests.Hosting;

public sealed class AkkaLoggerTests
{
    [Fact]
    public async Task Named_placeholders_are_filled_in()
    {
        var log = new RecordingLogger<AkkaLogger>();
        using var system = ActorSystem.Create("logs", BootstrapSetup.Create().WithConfig(ClusterHocon.Common)
            .And(new AkkaLoggerSetup(new OneLogger(log))));
        Logging.GetLogger(system, typeof(AkkaLoggerTests)).Warning("Check {Check} fails: {Error}", "p0f", "no answer");
        await Waiting.UntilAsync(() => log.Lines.Any(line => line.Text == "Check p0f fails: no answer"), "the line");
    }

    private sealed class OneLogger(ILogger log) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => log;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
