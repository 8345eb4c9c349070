namespace Screening.Actors.Cluster;

/// <summary>
/// The event ids of what Actors log themselves: 4010 to 4199 the store and the copy of grants and bans, 5000 the cluster. The others stand
/// in Node. A contract with operators: an id is retired with a note, never reused.
/// </summary>
internal static class ClusterEventIds
{
    public const int StoreIsDown = 4010;
    public const int StoreIsBack = 4011;
    public const int StoreIsAnother = 4012;
    public const int StoreIsSilent = 4013;
    public const int GrantsFileUnread = 4101;
    public const int GrantsFileUnwritten = 4102;
    public const int SystemEnded = 5001;
    public const int SystemCannotStart = 5002;
    public const int SystemStartsAgain = 5003;
    public const int ConnectionRefused = 5010;
    public const int MessageDropped = 5011;
    public const int ConnectionFailed = 5012;
    public const int CertificatesAreFaulty = 5013;
    public const int CertificatesReadAgain = 5014;
    public const int Joining = 5020;
    public const int Founding = 5021;
    public const int IsMember = 5022;
    public const int IsOutside = 5023;
    public const int IsRefused = 5024;
    public const int SeedFails = 5025;
    public const int SystemEnds = 5026;
    public const int ClocksDiffer = 5027;
    public const int RoundFailed = 5028;
    public const int MemberIsUp = 5030;
    public const int MemberLeft = 5031;
    public const int MemberIsUnreachable = 5032;
    public const int MemberIsBack = 5033;
    public const int MemberIsRemoved = 5034;
}
