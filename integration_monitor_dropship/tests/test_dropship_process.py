from .common import DropshipCommon
