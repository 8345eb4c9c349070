namespace Screening.Protocol.Access;

/// <summary>What a permanent list says of a client. Ordered so that of two rules for one network the greater wins.</summary>
public enum AccessRule : byte
{
    /// <summary>Nothing: also what a network inside a permitted or rejected one says to be left out of it.</summary>
    Dunno,

    /// <summary>The client is let in, and no check is asked about it.</summary>
    Permit,

    /// <summary>The client is refused, and no check is asked about it.</summary>
    Reject,
}
