namespace Screening.Node.Supervision;

/// <summary>The event ids of services and of the node's end. They stand here because EventIds lies in a folder above this one.</summary>
internal static class SupervisionEventIds
{
    public const int ServiceFailed = 9010;
    public const int ServiceRecovered = 9011;
    public const int NodeFailed = 9012;
    public const int NodeEndedUnbidden = 9013;
}
