using System.Collections.Immutable;
using Screening.Node.Hosting.Scripted;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Commands.Demo;

/// <summary>A client of the demonstration: its address, and what each of the made-up sources answers about it.</summary>
/// <param name="Address">An address of the documentation networks (RFC 5737, RFC 3849): never that of a real client.</param>
internal sealed record DemoClient(ClientAddress Address)
{
    /// <summary>The lists it is on.</summary>
    public ImmutableArray<DemoListing> Listings { get; init; } = [];

    /// <summary>What p0f knows; null: it has not seen the client.</summary>
    public P0fReply? System { get; init; }

    /// <summary>The answer of the custom check.</summary>
    public ScriptedOpinion Opinion { get; init; } = new(VerdictAction.Pass, 0, "no history");

    /// <summary>Its HELO and envelope sender, where it comes through the policy door; null: through the plug-in door.</summary>
    public (string Helo, string Sender)? Mail { get; init; }
}

/// <summary>An entry of a list.</summary>
/// <param name="Text">The list's TXT record.</param>
internal readonly record struct DemoListing(string Zone, AnswerCode Code, string Text);
