using Akka.Actor;

namespace Screening.Actors.Checks.Custom;

/// <summary>Asks a custom check: another plug-in, a URL or a program. No answer is kept.</summary>
internal sealed class CustomCheck(CheckSettings settings, ICustomTransport transport, CheckContext context)
    : CheckActor<CheckSubject, CustomAnswer>(CustomAnswer.Kind, settings, context, TimeSpan.FromSeconds(30))
{
    public static Props CreateProps(CheckSettings settings, ICustomTransport transport, CheckContext context) =>
        Props.Create(() => new CustomCheck(settings, transport, context));

    // Everything that the check is told, except the number of the query.
    protected override CheckSubject KeyOf(AskCheck ask) => ask.Subject with { QueryId = "" };

    protected override async Task<CustomAnswer> AskSourceAsync(AskCheck ask, CancellationToken stopping) =>
        new CustomAnswer(await transport.AskAsync(ask.Subject, Settings.Timeout, stopping).ConfigureAwait(false));
}
