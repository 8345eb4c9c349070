using System.Collections.Immutable;
using Screening.Node.Hosting.Scripted;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Commands.Demo;

/// <summary>A client of the demonstration: its address, and what each of the made-up sources says of it.</summary>
/// <param name="Address">An address of the documentation networks (RFC 5737, RFC 3849): never that of a real client.</param>
internal sealed record DemoClient(ClientAddress Address)
{
    /// <summary>What the lists say; empty: it is on none.</summary>
    public ImmutableArray<DemoListing> Listings { get; init; } = [];

    /// <summary>What p0f says; null: it has not seen the client.</summary>
    public P0fReply? System { get; init; }

    /// <summary>What the custom check says.</summary>
    public ScriptedOpinion Opinion { get; init; } = new(VerdictAction.Pass, 0, "no history");

    /// <summary>Its HELO and envelope sender, where it comes through the policy door; null: through the plug-in door.</summary>
    public (string Helo, string Sender)? Mail { get; init; }
}

/// <summary>An entry of a list.</summary>
/// <param name="Text">The list's TXT record.</param>
internal readonly record struct DemoListing(string Zone, AnswerCode Code, string Text);
