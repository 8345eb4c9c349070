using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>
/// The peers that may connect to an endpoint, from <c>?allow=</c>: networks separated by commas as in Postfix's <c>mynetworks</c>, or
/// <c>any</c>. IPv6 may stand in brackets.
/// </summary>
internal sealed class AllowList : IEquatable<AllowList>
{
    private const string AnyWord = "any";

    private readonly ImmutableArray<Network> _networks;

    private AllowList(ImmutableArray<Network> networks, bool isAny) => (_networks, IsAny) = (networks, isAny);

    /// <summary>True if every peer may connect.</summary>
    public bool IsAny { get; }

    /// <summary>True if the peer may connect.</summary>
    public bool Contains(ClientAddress peer)
    {
        if (IsAny)
            return true;
        foreach (var network in _networks)
        {
            if (network.Contains(peer))
                return true;
        }

        return false;
    }

    /// <summary>Reads a list. <paramref name="problem"/> is the rule that was broken.</summary>
    public static bool TryParse(string text, out AllowList list, out string problem)
    {
        problem = "";
        list = new AllowList([], isAny: true);
        if (text == AnyWord)
            return true;
        var networks = ImmutableArray.CreateBuilder<Network>();
        foreach (var item in text.Split(','))
        {
            if (!Network.TryParse(WithoutBrackets(item), out var network, out var wrong))
            {
                problem = $"?allow= must list networks separated by commas, or be any: {wrong}";
                return false;
            }

            networks.Add(network);
        }

        list = new AllowList(networks.ToImmutable(), isAny: false);
        return true;
    }

    public bool Equals(AllowList? other) => other is not null && ToString() == other.ToString();

    public override bool Equals(object? obj) => Equals(obj as AllowList);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    public override string ToString() => IsAny ? AnyWord : string.Join(',', _networks);

    private static string WithoutBrackets(string network)
    {
        var end = network.IndexOf(']', StringComparison.Ordinal);
        return network.StartsWith('[') && end > 0 ? network[1..end] + network[(end + 1)..] : network;
    }
}
